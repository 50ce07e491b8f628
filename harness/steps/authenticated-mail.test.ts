import { expect, test } from 'vitest'
import type { Kit } from '../check/kit.ts'
import { sampleKit } from '../check/sample-kit.testing.ts'
import type { Delivery } from '../model.ts'
import type { DkimKeyFacts } from '../probes/dkim-key.ts'
import { recording } from '../probes/resolver.ts'
import { authenticated, keysOfMail, permanentError, signedHere } from './authenticated-mail.ts'

const resolver = recording(async (name, type) => {
  if (name === 'own.test' && type === 'TXT') return [['v=spf1 ip4:192.0.2.1 ip4:192.0.2.3 -all']]
  throw Object.assign(new Error('none'), { code: 'ENOTFOUND' })
})

/** What SPF says of a message that came from this peer, of a target that sends from these addresses by its profile. */
async function spfOf(egressAddresses: readonly string[], peer = '192.0.2.9:25') {
  const { kit, judge } = sampleKit()
  const { mail } = kit.profile
  const whole = {
    ...kit,
    resolver,
    suffixes: [],
    inSandbox: true,
    saw: { received: () => {} },
    profile: { ...kit.profile, mail: { ...mail, egressAddresses } },
  }
  const delivery = {
    ...{ raw: Buffer.from('From: <shop@own.test>\r\n\r\nHello'), peer, helo: 'mx.own.test' },
    envelope: { from: 'shop@own.test', to: [] },
  } as unknown as Delivery
  const seen: string[] = []
  await judge(async () => {
    seen.push((await authenticated(whole as unknown as Kit, delivery)).spf.result)
  })
  return seen[0]
}

test('each of the addresses that receivers see has to pass', async () => {
  expect(await spfOf(['192.0.2.1', '192.0.2.3'])).toBe('pass')
  expect(await spfOf(['192.0.2.1', '192.0.2.2'])).toBe('fail')
  expect(await spfOf(['192.0.2.2', '192.0.2.1'])).toBe('fail')
})

test('where the profile names none, the peer is the address, without its port and as IPv4', async () => {
  expect(await spfOf([], '192.0.2.1:40596')).toBe('pass')
  expect(await spfOf([], '::ffff:192.0.2.1:40596')).toBe('pass')
  expect(await spfOf([], '2001:db8::1:40596')).toBe('fail')
})

test('an error of the record shows by whichever address meets it', async () => {
  const zone = recording(async (name, type) => {
    if (name === 'own.test' && type === 'TXT') return [['v=spf1 ip4:192.0.2.1 include:none.test -all']]
    throw Object.assign(new Error('none'), { code: 'ENOTFOUND' })
  })
  expect(await permanentError('own.test', ['192.0.2.1'], zone)).toBeNull()
  expect(await permanentError('own.test', ['192.0.2.1', '192.0.2.2'], zone)).toContain(
    'permerror for 192.0.2.2',
  )
})

const facts = {
  ...{
    name: 's1._domainkey.own.test',
    records: ['v=DKIM1; p=x'],
    keyType: 'rsa',
    bits: 1024,
    syntaxErrors: [],
  },
  ...{ testing: false, revoked: false, wildcard: false, hashes: null, services: null, strictIdentity: false },
} as unknown as DkimKeyFacts

/** What of a message without a signature is judged, where that one signs by the profile. */
async function unsigned(mail: object) {
  const { kit, judge } = sampleKit()
  Object.assign(kit.profile.mail, { selectors: [], ...mail })
  const seen: string[] = []
  const judged = await judge(async () => {
    const raw = Buffer.from('From: <shop@own.test>\r\n\r\nHello')
    for (const key of await keysOfMail(kit, { raw }, async () => facts))
      seen.push(...key.faults(facts).flatMap(({ name, is }) => (is ? [name] : [])))
    kit.verify.that(true, { expected: '', actual: '' })
  })
  return { verdict: judged.verdict, reason: judged.reason, seen }
}

test('of a relay that signs, the keys that the profile names are judged by what is published, and else nothing', async () => {
  expect(await unsigned({})).toMatchObject({
    verdict: 'unproven',
    reason: expect.stringContaining('where a relay behind the target signs, say so (mail.signedBy)'),
  })
  expect(await unsigned({ signedBy: 'relay' })).toMatchObject({
    verdict: 'not-applicable',
    reason: expect.stringContaining('name its keys under mail.selectors'),
  })
  expect((await unsigned({ signedBy: 'relay', selectors: ['s1'] })).seen).toEqual(['size'])
})

test('signatures are looked for where the target signs', async () => {
  for (const [signedBy, verdict] of [
    ['target', 'pass'],
    [undefined, 'pass'],
    ['relay', 'not-applicable'],
  ]) {
    const { kit, judge } = sampleKit()
    Object.assign(kit.profile.mail, { signedBy })
    const judged = await judge(async () => {
      signedHere(kit)
      kit.verify.held(true, '')
      kit.verify.that(true, { expected: '', actual: '' })
    })
    expect(judged.verdict).toBe(verdict)
  }
})
