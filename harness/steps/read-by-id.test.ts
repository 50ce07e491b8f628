import { expect, test, vi } from 'vitest'
import { field, type Recorded, type Scripted } from '../api/recording-target.testing.ts'
import { mailsProfile, runInFrontOf } from './judged-api.testing.ts'

// Whole runs, on machines that may have little to run them on.
vi.setConfig({ testTimeout: 300_000 })

interface Mail {
  readonly id: number
  readonly account: string
  readonly to: string
  readonly subject: string
}

const accounts: Readonly<Record<string, string>> = { 'key-of-admin': 'acme', 'key-of-neighbour': 'globex' }
const mail = (account: string, id: number, to: string, subject = 'Welcome'): Mail => ({
  ...{ id, account, to, subject },
})
const counted = [
  mail('acme', 1, 'ann@acme.test'),
  mail('acme', 2, 'bob@acme.test'),
  mail('globex', 3, 'eve@globex.test'),
]

/** Mails that are there already, and whom one is shown to by its number. */
function mailsApi(
  mails: readonly Mail[],
  shows: (mail: Mail, account: string, all: readonly Mail[]) => Mail | undefined,
  lists: (mail: Mail) => object = ({ id }) => ({ id }),
) {
  return (request: Recorded): Scripted => {
    const account = accounts[field(request, 'x-api-key') ?? '']
    if (account === undefined) return { status: 401, body: { error: 'who are you?' } }
    const [, , number] = request.path.split('?')[0]?.split('/') ?? []
    if (request.method !== 'GET') return { status: 405, body: { error: 'read only' } }
    const { id = 0 } = { id: Number(number) }
    const shown = ({ account: _, ...rest }: Mail) => ({ ...rest, status: 'delivered' })
    const own = mails.filter((each) => each.account === account)
    if (number === undefined) return { body: { mails: own.map(lists) } }
    const asked = mails.filter((each) => each.id === id)
    const found = asked.map((each) => shows(each, account, mails)).find((each) => each !== undefined)
    return found === undefined ? { status: 404, body: { error: 'no such mail' } } : { body: shown(found) }
  }
}

const profile = mailsProfile('mails of two accounts')

async function judged(...how: Parameters<typeof mailsApi>) {
  const { outcomes } = await runInFrontOf(mailsApi(...how), profile, ['access/bola-read'], 'safe')
  const [outcome] = outcomes
  return {
    ...outcome,
    found: outcome?.findings.map(({ severity, operation }) => `${severity}: ${operation}`),
  }
}
const toItsOwner = (mail: Mail, account: string) => (mail.account === account ? mail : undefined)

test('mail of another tenant that is read by its number is found by a run that makes nothing', async () => {
  const { verdict, found } = await judged(counted, (mail) => mail)
  expect([verdict, found]).toEqual(['fail', ['critical: message.get']])
})

test('so it is where something in each answer is another each time, and where that goes on slowly', async () => {
  for (const each of [1, 3]) {
    let looks = 0
    const { verdict, found } = await judged(counted, (mail) => ({
      ...mail,
      subject: `looked at ${Math.floor(++looks / each)} times`,
    }))
    expect([verdict, found]).toEqual(['fail', ['critical: message.get']])
  }
})

test('who is shown its own mail alone is sound', async () => {
  const { verdict, variants } = await judged(counted, toItsOwner)
  expect(verdict).toBe('pass')
  expect(variants).toContainEqual({ name: 'message.get', state: 'held', reason: null })
})

test('each tenant counts its own mail, with the same subjects: his first is not hers', async () => {
  const each = [
    mail('acme', 1, 'ann@acme.test'),
    mail('acme', 2, 'bob@acme.test', 'Your receipt of today'),
    mail('acme', 3, 'cat@acme.test', 'Please confirm'),
    mail('globex', 1, 'eve@globex.test', 'Please confirm'),
    mail('globex', 2, 'fay@globex.test'),
  ]
  expect((await judged(each, toItsOwner)).found).toEqual([])
})

test('of one mail alone nothing tells whose it is, and a pass of the list says so', async () => {
  const { verdict, variants } = await judged(counted.slice(1), (mail) => mail)
  expect(verdict).not.toBe('fail')
  expect(variants?.find(({ name }) => name === 'message.get')).toMatchObject({
    state: 'held-back',
    reason: expect.stringContaining('no second to tell it from'),
  })
})

test('where each tenant has as many, and what bears a number is another, one must be made to tell', async () => {
  const each = [1, 2].flatMap((id) => [
    mail('acme', id, `ann${id}@acme.test`),
    mail('globex', id, `eve${id}@globex.test`),
  ])
  const answers = mailsApi(each, toItsOwner, ({ id, to }) => ({ id, to }))
  const checks = ['access/bola-read', 'access/server-filter', 'headers/cache-referrer']
  const { outcomes } = await runInFrontOf(answers, profile, checks, 'safe')
  expect(outcomes.map(({ check, verdict }) => `${check} ${verdict}`).sort()).toEqual(
    checks.map((check) => `${check} held-back`),
  )
  const { variants } = outcomes.find(({ check }) => check === 'access/bola-read') ?? {}
  expect(variants?.find(({ name }) => name === 'message.get')).toMatchObject({
    state: 'held-back',
    reason: expect.stringContaining('different ones by the same ids'),
  })
})
