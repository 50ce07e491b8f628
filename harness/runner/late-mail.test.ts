import { expect, test } from 'vitest'
import type { Outcome, VariantOutcome } from '../model.ts'
import type { DeliveryFilter } from '../sandbox/wire.ts'
import { withLateMail } from './late-mail.ts'

const variant = (name: string, state: VariantOutcome['state'] = 'held') => ({ name, state, reason: null })
const passed = {
  ...{ verdict: 'pass', reason: null },
  variants: [variant('bcc'), variant('cc'), variant('to, quoted'), variant('to, plain')],
} as unknown as Outcome
const absent = (name: string | null) => ({ variant: name, filter: { to: `${name}@inbox.test` } })
const came =
  (...addresses: string[]) =>
  ({ to = '' }: DeliveryFilter) =>
    addresses.includes(to)

test('what never came changes nothing', () => {
  expect(withLateMail(passed, [absent('bcc'), absent('cc')], came('to@inbox.test'))).toBe(passed)
})

test('what held only because mail came late is not judged', () => {
  const found = withLateMail(
    passed,
    [absent('bcc'), absent('to'), absent('cc')],
    came('to@inbox.test', 'cc@inbox.test'),
  )
  expect(found.verdict).toBe('unproven')
  expect(found.reason).toMatch(/^3 of 4 variants could not be judged, first cc: mail came after/)
  expect(found.variants.map(({ state }) => state)).toEqual(['held', 'unjudged', 'unjudged', 'unjudged'])
})

test('a check of one part is not judged as a whole', () => {
  const found = withLateMail({ ...passed, variants: [] }, [absent(null)], came('null@inbox.test'))
  expect(found).toMatchObject({ verdict: 'unproven', reason: expect.stringMatching(/^mail came after/) })
})

test('a finding stays one, and what was not judged anyway says what it said', () => {
  const failed: Outcome = {
    ...{ ...passed, verdict: 'fail', reason: 'one was not judged' },
    variants: [variant('bcc', 'violated'), variant('cc', 'unjudged'), variant('to')],
  }
  expect(withLateMail(failed, [absent('bcc'), absent('cc')], () => true)).toBe(failed)
  expect(withLateMail(failed, [absent('to')], () => true)).toMatchObject({
    verdict: 'fail',
    reason: expect.stringMatching(/^one was not judged; 1 of 3 variants/),
  })
})
