import { expect, test, vi } from 'vitest'
import { fingerprintOf } from '../../reports/fingerprint.ts'
import { field, type Recorded, type Scripted } from '../api/recording-target.testing.ts'
import { mailsProfile, runInFrontOf } from './judged-api.testing.ts'

// Whole runs, on machines that may have little to run them on.
vi.setConfig({ testTimeout: 300_000 })

const callers = ['key-of-admin', 'key-of-neighbour']
const mails = [
  { id: 4411, to: 'ann.lee@customer-bank.com', subject: 'Your statement, Ann' },
  { id: 4412, to: 'bob.ray@customer-bank.com', subject: 'Your card, Bob' },
]

/** Everybody is shown all mail, whosever it is. */
function leaking(request: Recorded): Scripted {
  if (!callers.includes(field(request, 'x-api-key') ?? ''))
    return { status: 401, body: { error: 'who are you?' } }
  const [, , number] = request.path.split('?')[0]?.split('/') ?? []
  if (number === undefined)
    return {
      body: { mails: field(request, 'x-api-key') === 'key-of-admin' ? mails.map(({ id }) => ({ id })) : [] },
    }
  const found = mails.find(({ id }) => `${id}` === number)
  return found === undefined ? { status: 404, body: { error: 'no such mail' } } : { body: found }
}

async function found(more: string) {
  const { outcomes } = await runInFrontOf(
    leaking,
    mailsProfile('mails that everybody reads', more),
    ['access/bola-read'],
    'safe',
  )
  const [outcome] = outcomes
  const findings = outcome?.findings ?? []
  return {
    verdict: outcome?.verdict,
    fingerprints: findings.map((finding) => fingerprintOf('access/bola-read', finding)),
    text: JSON.stringify(findings),
    access: outcome?.basis?.access,
  }
}

test('what a leak disclosed stands in a report by its beginning and a digest, or whole where the profile says so: the finding is the same', async () => {
  const shortened = await found('')
  expect(shortened).toMatchObject({
    verdict: 'fail',
    access: [{ principal: 'neighbour', operation: 'message.get', permission: 'own', state: 'violated' }],
  })
  expect(shortened.text).toMatch(/\\"to\\":\\"ann…\[sha256:[0-9a-f]{8}\]\\"/)
  expect(shortened.text).not.toMatch(/customer-bank|statement/)
  const whole = await found('report: {disclosed: whole}')
  expect(whole.text).toContain('ann.lee@customer-bank.com')
  expect([whole.verdict, whole.fingerprints]).toEqual([shortened.verdict, shortened.fingerprints])
})
