import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Exchange } from '../model.ts'
import { type Authenticator, readAuthenticator } from '../probes/totp.ts'
import { assertBy, type CeremonyOptions, makePasskey, type Passkey, readOptions } from '../probes/webauthn.ts'
import type { OperationName } from '../profile/operations.ts'
import { type Profile, readProfile, resolveProfile } from '../profile/profile.ts'
import { createCertificates } from '../sandbox/certificates.ts'
import { type Api, closeApi, createApi, type Input } from './api.ts'
import { readOpenApi } from './openapi.ts'
import { createReach } from './reach.ts'

const zone = '0a1b2c3d.postern.test'
const to = `ann@inbox.sound.${zone}`

let running: { exports: Record<string, string>; close(): Promise<void> }
let profile: Profile
let api: Api

beforeAll(async () => {
  const file = new URL('../../fixtures/targets/reference.yaml', import.meta.url).pathname
  const document = await readProfile(file)
  const { start } = await import(pathToFileURL(document.embedded ?? '').href)
  const certificates = await createCertificates(zone)
  const tls = await certificates.issue([`api.t1.${zone}`, '127.0.0.1'])
  // Nothing listens at port 1: mail stays in the queue, and no packet leaves.
  const nowhere = { dns: '127.0.0.1:1', egress: 'http://127.0.0.1:1' }
  running = await start({ zone: `t1.${zone}`, tls, ...nowhere, trust: certificates.ca, seed: true })
  profile = await resolveProfile(document, running.exports)
  api = createApi({ profile, reach: createReach({ profile, zone }), ca: certificates.ca, check: 'reference' })
})

afterAll(async () => {
  await closeApi(profile)
  await running.close()
})

const made: Record<string, string> = {}
const remember = (kind: string, id: unknown) => {
  made[kind] = String(id)
  return id
}

let authenticator: Authenticator | null = null
let passkey: Passkey | null = null
/** What the last options came with. */
let begun: Exchange['result'] = null
const asked = (): CeremonyOptions => {
  const options = readOptions(begun?.['options'])
  if (options === null) throw new Error('expected options')
  return options
}
/** The code of so many steps from now. */
const codeOf = (steps: number) =>
  authenticator?.codeAt((authenticator?.stepAt(Date.now()) ?? 0) + steps) ?? ''
const admin = () => profile.principals['admin']?.session?.input ?? {}

const calls: Record<
  OperationName,
  () => Readonly<Record<string, unknown>> | Promise<Readonly<Record<string, unknown>>>
> = {
  'session.create': admin,
  'principal.get': () => ({}),
  'password.forgot': () => ({ email: profile.principals['support']?.session?.input['email'] }),
  'password.reset': () => ({ token: 'none', password: 'Correct-horse-7-battery' }),
  'user.create': () => ({
    email: `new@acme.t1.${zone}`,
    role: 'Support',
    password: 'Correct-horse-7-battery',
  }),
  'user.list': () => ({}),
  'user.get': () => ({ id: made['user'] }),
  'user.update': () => ({ id: made['user'], role: 'Admin' }),
  'user.deactivate': () => ({ id: made['user'] }),
  'user.delete': () => ({ id: made['user'] }),
  'subaccount.create': () => ({ name: 'a customer' }),
  'subaccount.list': () => ({}),
  'subaccount.get': () => ({ id: made['subaccount'] }),
  'subaccount.suspend': () => ({ id: made['subaccount'] }),
  'subaccount.delete': () => ({ id: made['subaccount'] }),
  'key.create': () => ({ name: 'a key', scopes: ['messages:read'] }),
  'key.list': () => ({}),
  'key.get': () => ({ id: made['key'] }),
  'key.update': () => ({ id: made['key'], name: 'another' }),
  'key.rotate': () => ({ id: made['key'] }),
  'key.report': () => ({ secret: `rk_${'0'.repeat(40)}` }),
  'key.revoke': () => ({ id: made['key'] }),
  'message.send': () => ({
    to: [to, { email: to, name: 'Ann' }],
    cc: to,
    replyTo: to,
    subject: 'Your receipt',
    text: 'Thank you.',
    html: '<p>Thank you.</p>',
    headers: { 'X-Order': '7' },
    attachments: [{ filename: 'a.txt', contentType: 'text/plain', content: 'aGVsbG8=' }],
    sendAt: new Date(Date.now() + 3_600_000).toISOString(),
    tags: ['receipt'],
  }),
  'message.batch': () => ({
    messages: [
      { to, subject: 'One', text: 'Thank you.' },
      { to: [to, { email: to, name: 'Ann' }], cc: to, replyTo: to, subject: 'Two', text: 'Thank you.' },
      { to, from: 'ceo@bank.example', subject: 'Three', text: 'Refused.' },
    ],
  }),
  'message.raw': () => ({ to, raw: btoa(`From: ${profile.mail.from}\r\nTo: ${to}\r\n\r\nThank you.\r\n`) }),
  'message.list': () => ({ search: 'receipt', limit: 5 }),
  'message.get': () => ({ id: made['message'] }),
  'message.preview': () => ({ id: made['message'] }),
  'message.cancel': () => ({ id: made['message'] }),
  'template.create': () => ({
    name: 'welcome',
    subject: 'Hi {{name}}',
    html: '<p>{{name}}</p>',
    text: '{{name}}',
  }),
  'template.list': () => ({}),
  'template.get': () => ({ id: made['template'] }),
  'template.update': () => ({ id: made['template'], name: 'goodbye' }),
  'template.preview': () => ({ id: made['template'], variables: { name: 'Ann' } }),
  'template.delete': () => ({ id: made['template'] }),
  'contact.create': () => ({ email: 'ann@example.com', name: 'Ann' }),
  'contact.list': () => ({ search: 'ann' }),
  'contact.get': () => ({ id: made['contact'] }),
  'contact.update': () => ({ id: made['contact'], name: 'Anne' }),
  'contact.export': () => ({}),
  'contact.delete': () => ({ id: made['contact'] }),
  'suppression.create': () => ({ email: 'bob@example.com', reason: 'manual' }),
  'suppression.list': () => ({}),
  'suppression.delete': () => ({ email: 'bob@example.com' }),
  'analytics.get': () => ({}),
  'domain.create': () => ({ name: `new.acme.t1.${zone}` }),
  'domain.list': () => ({}),
  'domain.get': () => ({ id: made['domain'] }),
  'domain.update': () => ({ id: made['domain'], tlsPolicy: 'require' }),
  'domain.verify': () => ({ id: made['domain'] }),
  'domain.delete': () => ({ id: made['domain'] }),
  'webhook.create': () => ({ url: `https://hooks.${zone}/1`, events: ['delivered', 'bounced'] }),
  'webhook.list': () => ({}),
  'webhook.get': () => ({ id: made['webhook'] }),
  'webhook.rotate': () => ({ id: made['webhook'] }),
  'webhook.delete': () => ({ id: made['webhook'] }),
  'sso.begin': () => ({}),
  'sso.finish': () => ({ response: 'none' }),
  'relay.create': () => ({ name: 'upstream' }),
  'relay.list': () => ({}),
  'event.ingest': () => ({
    relay: made['relay'],
    message: made['message'],
    recipient: to,
    time: new Date().toISOString(),
  }),
  'relay.delete': () => ({ id: made['relay'] }),
  'audit.list': () => ({}),
  'inbound.list': () => ({ search: 'invoice' }),
  'inbound.get': async () => {
    const { result } = await api.call('inbound.list')
    const [mail] = (result?.['items'] ?? []) as { id: string }[]
    return { id: mail?.id }
  },
  'factor.enroll': () => ({ password: admin()['password'] }),
  'factor.confirm': () => ({ code: codeOf(0) }),
  'factor.get': () => ({}),
  'session.verify': async () => {
    const { result } = await api.call('session.create', admin())
    return { challenge: result?.['challenge'], code: codeOf(1) }
  },
  'factor.recoveryCodes': () => ({ password: admin()['password'], code: made['recovery'] }),
  'factor.mail': () => ({ password: admin()['password'], code: made['third recovery'] }),
  'factor.confirmMail': () => ({ code: 'none' }),
  'session.mailCode': async () => {
    const { result } = await api.call('session.create', admin())
    return { challenge: result?.['challenge'] }
  },
  'passkey.creationOptions': () => ({ password: admin()['password'], code: made['another recovery'] }),
  'passkey.register': () => {
    const { passkey: made, credential } = makePasskey(asked(), profile.passkeys?.origin ?? '')
    passkey = made
    return { ceremony: begun?.['ceremony'], credential }
  },
  'passkey.requestOptions': () => ({}),
  'passkey.signIn': () => ({
    ceremony: begun?.['ceremony'],
    credential: passkey === null ? {} : assertBy(passkey, asked()),
  }),
  'factor.remove': () => ({ password: admin()['password'], code: made['recovery'] }),
  'email.change': () => ({ email: `other@acme.t1.${zone}`, password: admin()['password'] }),
  'email.confirm': () => ({ token: 'none' }),
  'signup.create': () => ({ email: `early@inbox.${zone}`, password: 'a password of twelve' }),
  'signup.confirm': () => ({ token: 'none', password: 'a password of twelve' }),
  'password.change': () => ({ current: admin()['password'], password: admin()['password'] }),
  // The one by which all of these were made.
  'session.end': () => ({}),
}

test('every operation of the profile is accepted by the reference API, and gives what it says', async () => {
  expect(Object.keys(calls).sort()).toEqual(Object.keys(profile.operations).sort())
  const answers: Record<string, unknown> = {}
  for (const [operation, input] of Object.entries(calls) as [OperationName, () => Input | Promise<Input>][]) {
    const { answer, result, response, failure } = await api.call(operation, await input())
    const [kind = '', verb] = operation.split('.')
    if (verb === 'create' || verb === 'send') remember(kind, result?.['id'])
    if (operation === 'factor.enroll') authenticator = readAuthenticator(result ?? {})
    if (Array.isArray(result?.['recoveryCodes'])) {
      remember('recovery', result['recoveryCodes'][0])
      remember('another recovery', result['recoveryCodes'][1])
      remember('third recovery', result['recoveryCodes'][2])
    }
    if (result?.['options'] !== undefined) begun = result
    const wanted = Object.keys(profile.operations[operation]?.result ?? {})
    // There is no next page of a list this short, and no challenge for who has no second factor.
    const absent = wanted.filter(
      (name) => name !== 'next' && name !== 'challenge' && result?.[name] === undefined,
    )
    if (answer !== 'accepted')
      answers[operation] = api.redact(`${response?.status ?? failure} ${response?.body}`)
    else if (absent.length > 0)
      answers[operation] = { absent, body: api.redact(response?.body.slice(0, 500) ?? '') }
  }
  // Tokens of the others come by mail, and none leaves.
  expect(answers).toEqual({
    'password.reset': expect.stringContaining('invalid_token'),
    'factor.confirmMail': expect.stringContaining('wrong_code'),
    'session.mailCode': expect.stringContaining('invalid_challenge'),
    'email.confirm': expect.stringContaining('invalid_token'),
    'signup.confirm': expect.stringContaining('invalid_token'),
    // Nothing signs these.
    'event.ingest': expect.stringContaining('invalid_signature'),
    'sso.finish': expect.stringContaining('invalid_assertion'),
  })
})

test('a batch gives an id for each message that was taken, in its place', async () => {
  const { result } = await api.call('message.batch', await calls['message.batch']())
  expect(result).toEqual({ ids: [expect.stringMatching(/^msg_/), expect.stringMatching(/^msg_/), null] })
})

test('principals are who the profile says', async () => {
  const who = async (principal: string) => {
    const { answer, result } = await api.call('principal.get', {}, principal)
    return answer === 'accepted' ? [result?.['kind'], result?.['role'], result?.['scopes']] : answer
  }
  const { principals } = profile
  for (const name of Object.keys(principals)) {
    const { none, role, scopes } = principals[name] ?? {}
    const seen = await who(name)
    if (none || ['revoked', 'expired'].includes(name)) expect([name, seen]).toEqual([name, 'refused'])
    else if (scopes !== undefined)
      expect([name, seen]).toEqual([name, ['key', undefined, expect.arrayContaining([...scopes])]])
    else expect([name, seen]).toEqual([name, ['user', role, expect.any(Array)]])
  }
})

test('the document of the reference API has every operation of the profile', async () => {
  const { operations } = await readOpenApi(api)
  const documented = new Set(
    operations.map(({ method, path }) => `${method} ${path.replace(/\{\w+\}/g, '{}')}`),
  )
  const mapped = Object.values(profile.operations).map(
    ({ method, path }) => `${method} ${path.replace(/\{\w+\}/g, '{}')}`,
  )
  expect(mapped.filter((call) => !documented.has(call))).toEqual([])
})
