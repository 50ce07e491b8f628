import { expect, test } from 'vitest'
import { resetsByAddressesAlike } from './addresses-alike.ts'
import { judgedOfOwnChanges, type Ways } from './own-changes.testing.ts'

const judged = (ways: Ways) => judgedOfOwnChanges(ways, resetsByAddressesAlike)

test('mail that goes to the address as it is kept is held, by whatever it was asked for', async () => {
  const { verdict, states } = await judged({})
  expect({ verdict, states }).toEqual({ verdict: 'pass', states: [] })
  const kind = await judged({ lookedUp: (written) => written.normalize('NFKC').toLowerCase() })
  expect(kind.verdict).toBe('pass')
})

test('a token that goes where it was asked for is a finding once it sets the password', async () => {
  const { findings } = await judged({
    ...{
      lookedUp: (written) => written.normalize('NFKC').toLowerCase(),
      mailedTo: (_, written) => [written],
    },
  })
  expect(findings.map(({ variant }) => variant).sort()).toEqual([
    ...['a Kelvin sign', 'a letter of full width', 'a ligature'],
  ])
  expect(findings).toMatchObject([{ operation: 'password.forgot', severity: 'high' }, {}, {}])
})

test('several addresses in one text, or in a list', async () => {
  const all = (written: string) => written.split(/[,; ]/)
  const { states } = await judged({
    ...{ lookedUp: (written) => all(written)[0] ?? '', mailedTo: (_, written) => all(written) },
  })
  expect(states).toEqual(
    ['in a list', 'with a comma', 'with a semicolon', 'with a space'].map(
      (how) => `two addresses ${how}: violated`,
    ),
  )
})

test('a target that sends nothing that it is given is judged by what it mails to somebody else', async () => {
  const { verdict, states } = await judged({ sends: false })
  expect({ verdict, states }).toEqual({ verdict: 'pass', states: [] })
  const all = (written: string) => written.split(/[,; ]/)
  const { findings } = await judged({
    ...{ sends: false, lookedUp: (written) => all(written)[0] ?? '', mailedTo: (_, written) => all(written) },
  })
  expect(findings).toHaveLength(4)
})

test('without any mail nothing is said', async () => {
  expect((await judged({ mails: false })).verdict).toBe('unproven')
})
