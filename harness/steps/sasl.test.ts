import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createMailing } from '../api/mailing.ts'
import type { Reach } from '../api/reach.ts'
import { sampleKit } from '../check/sample-kit.testing.ts'
import { createSubmission } from '../check/submission.ts'
import type { Profile } from '../profile/profile.ts'
import { createCertificates } from '../sandbox/certificates.ts'
import { authIsRefusedInClear, offersAreSafe } from './sasl.ts'

const closing: (() => void)[] = []
let pair: { key: string; cert: string }

beforeAll(async () => {
  const { issue } = await createCertificates('zone.test')
  pair = await issue(['127.0.0.1'])
})
afterAll(() => closing.map((close) => close()))

type OnAuth = NonNullable<SMTPServerOptions['onAuth']>
const takesAll: OnAuth = (_auth, _session, done) => done(null, { user: 'somebody' })
const takesNone: OnAuth = (_auth, _session, done) => done(new Error('Bad credentials'))
const takesWithinTls: OnAuth = (auth, session, done) =>
  (session.secure ? takesAll : takesNone)(auth, session, done)

/** What the check says of a submission service that behaves so. */
async function judged(options: SMTPServerOptions) {
  const server = new SMTPServer({ ...pair, onAuth: takesAll, ...options })
  server.on('error', () => {})
  server.listen(0, '127.0.0.1')
  await once(server.server, 'listening')
  closing.push(() => server.close(() => {}))
  const { port } = server.server.address() as AddressInfo
  const submission = createSubmission({
    profile: {
      target: { timeout: 10 },
      mail: { submission: { host: '127.0.0.1', starttls: port, username: 'us', secret: 'sesame' } },
    } as unknown as Profile,
    reach: { endpoint() {}, async take() {} } as unknown as Reach,
    ...{ ca: '', redact: () => '$SECRET', noted() {}, mailing: createMailing() },
  })
  const { judge } = sampleKit({ submission, about: { severity: 'critical' } })
  const outcome = await judge(async (kit) => {
    await authIsRefusedInClear(kit)
    await offersAreSafe(kit)
  })
  const inState = (wanted: string) =>
    outcome.variants.filter(({ state }) => state === wanted).map(({ name }) => name)
  return {
    verdict: outcome.verdict,
    findings: Object.fromEntries(outcome.findings.map(({ variant, severity }) => [variant, severity])),
    held: inState('held'),
    unjudged: inState('unjudged'),
    notApplicable: inState('not-applicable'),
  }
}

const inClear = 'what EHLO offers in clear, port for starttls TLS'
const within = 'what EHLO offers within TLS, port for starttls TLS'

test('AUTH that is refused for want of TLS is judged also where the login does not work', async () => {
  // This server refuses it, and offers it nevertheless.
  const refused = { findings: { [inClear]: 'high' }, unjudged: [], notApplicable: [] }
  expect(await judged({})).toMatchObject(refused)
  expect(await judged({ onAuth: takesNone })).toMatchObject(refused)
})

test('credentials taken in clear are critical where there is no STARTTLS at all', async () => {
  const outcome = await judged({ disabledCommands: ['STARTTLS'], allowInsecureAuth: true })
  expect(outcome).toMatchObject({
    verdict: 'fail',
    findings: { 'AUTH PLAIN in clear after EHLO': 'critical', [inClear]: 'high' },
    ...{ unjudged: [], notApplicable: [within] },
  })
})

test('an offer of AUTH in clear is a finding where the login does not work; what was refused there is not judged', async () => {
  const outcome = await judged({ allowInsecureAuth: true, onAuth: takesNone })
  expect(outcome).toMatchObject({
    verdict: 'fail',
    findings: { 'AUTH LOGIN in clear after EHLO': 'high', [inClear]: 'high' },
    unjudged: ['AUTH PLAIN in clear after EHLO', 'AUTH PLAIN in clear after HELO'],
  })
})

test('credentials that are refused in clear and taken within TLS were refused for the clear text', async () => {
  const { held } = await judged({ allowInsecureAuth: true, authMethods: ['PLAIN'], onAuth: takesWithinTls })
  expect(held).toContain('AUTH PLAIN in clear after EHLO')
})

test('a service without any AUTH passes, with TLS and without', async () => {
  expect(await judged({ disabledCommands: ['AUTH'] })).toMatchObject({ verdict: 'pass', unjudged: [] })
  expect(await judged({ disabledCommands: ['AUTH', 'STARTTLS'] })).toMatchObject({
    ...{ verdict: 'pass', unjudged: [], notApplicable: [within] },
  })
})

test('a mechanism that shows no password in clear is a medium finding', async () => {
  const { verdict, findings } = await judged({ allowInsecureAuth: true, authMethods: ['CRAM-MD5'] })
  expect(verdict).toBe('fail')
  expect(findings).toMatchObject({ 'AUTH CRAM-MD5 in clear after EHLO': 'medium', [inClear]: 'medium' })
  expect(new Set(Object.values(findings))).toEqual(new Set(['medium']))
})

test('a service that turns everybody away is not judged', async () => {
  const outcome = await judged({
    onConnect: (_session, done) => done(Object.assign(new Error('Not now'), { responseCode: 554 })),
  })
  expect(outcome).toMatchObject({ verdict: 'unproven', findings: {}, held: [] })
})
