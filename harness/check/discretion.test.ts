import { expect, test } from 'vitest'
import type { Exchange } from '../model.ts'
import type { Profile } from '../profile/shape.ts'
import { newCanary } from './canary.ts'
import { discretionOf } from './discretion.ts'
import { evidenceMakers } from './evidence.ts'
import { sampleAbout, sampleExchange } from './sample-kit.testing.ts'
import { createTrail } from './trail.ts'
import { createVerify } from './verify.ts'

const zone = '3f9c21ab.postern.test'
const profile = {
  mail: { domains: ['own-shop.net'] },
  principals: { admin: {} },
  roles: { Support: [] },
  scopes: {},
} as unknown as Profile

const answered = (body: string, more: Partial<Exchange> = {}): Exchange => {
  const exchange = sampleExchange('accepted', { operation: 'contact.list', body })
  return { ...exchange, ...more }
}
const digest = /…\[sha256:[0-9a-f]{8}\]/

test('what a member’s name tells of is shortened, were it a word or a number', () => {
  const { body } = discretionOf(profile, zone)
  const exchange = answered('')
  const said = body(
    '{"password":"sesame","phone":"+491701234567","next_page_token":"$LIST_TOKEN","status":"sesame"}',
    exchange,
  )
  expect(said).toMatch(
    /^\{"password":"s…\[sha256:\w{8}\]","phone":"\+49…\[sha256:\w{8}\]","next_page_token":"\$LIST_TOKEN","status":"sesame"\}$/,
  )
})

test('another’s values are shortened and hashed; what the run made, the profile says, or programs say, is not', () => {
  const canary = newCanary()
  const discretion = discretionOf(profile, zone)
  discretion.made({ answer: 'accepted', result: { id: 'con_00041f7e' } })
  discretion.made({ answer: 'accepted', result: { ids: ['msg_77aa', null] } })
  const kept = [
    ...[
      `"name":"Contact ${canary}"`,
      `"mark":"${canary.slice(0, 16)}"`,
      '"id":"con_00041f7e"',
      '"of":"msg_77aa"',
    ],
    ...['"role":"Support"', '"status":"in_progress"', '"level":"HIGH"', '"at":"2026-11-27T14:16:47.998Z"'],
    ...[
      '"ok":true,"count":12,"none":null',
      `"to":"admin@acme.t1.${zone}"`,
      '"from":"news@mail.own-shop.net"',
    ],
    ...[
      '"by":"someone@example.com"',
      '"secret":"$KEY_CREATE_SECRET"',
      '"ip":"127.0.0.1"',
      '"search":"Smith"',
    ],
  ].join(',')
  const request = { ...answered('').request, path: '/contacts?search=Smith' }
  expect(discretion.body(`{${kept}}`, answered('', { request }))).toBe(`{${kept}}`)

  const others =
    '{"email":"jane.doe@customer-bank.com","name":"Jane Doe","key":"sk_live_41fa90","no":"4111 1111 1111 1111x"}'
  const shown = discretion.body(others, answered(others))
  expect(shown).toMatch(
    /^\{"email":"jan…\[sha256:[0-9a-f]{8}\]","name":"Ja…\[sha256:[0-9a-f]{8}\]","key":"sk_…\[sha256:[0-9a-f]{8}\]","no":"411…\[sha256:[0-9a-f]{8}\]"\}$/,
  )
  // So its owner knows it: printf %s jane.doe@customer-bank.com | sha256sum
  expect(shown).toContain('jan…[sha256:5b19a97b]')
})

test('a canary that another process made is another’s', () => {
  const foreign = `c${'0123456789abcdef'.repeat(2).slice(1)}`
  expect(discretionOf(profile, zone).body(`["${foreign}"]`, answered(''))).toMatch(digest)
})

test('a value that was cut off, escaped, kept as a name, or stands in a table or a page is no way around', () => {
  const { body } = discretionOf(profile, null)
  const shown = (text: string) => body(text, answered(text))
  expect(shown('{"email":"jane.doe@customer-ba')).toMatch(/^\{"email":"jan…\[sha256:[0-9a-f]{8}\]$/)
  expect(shown('{"email":"jane.doe\\')).toMatch(/^\{"email":"ja…\[sha256:[0-9a-f]{8}\]$/)
  expect(shown('{"note":"she said \\"Jane Doe\\"","ok":true}')).toMatch(
    /^\{"note":"she…\[sha256:[0-9a-f]{8}\]","ok":true\}$/,
  )
  expect(shown('{"jane.doe@customer-bank.com" : {"name":"x"}}')).toMatch(
    /^\{"jan…\[sha256:[0-9a-f]{8}\]" : \{"name":"x"\}\}$/,
  )
  expect(shown('email,name\njane.doe@customer-bank.com,Jane Doe\n')).toMatch(
    /^email,name\njan…\[sha256:[0-9a-f]{8}\],Ja…\[sha256:[0-9a-f]{8}\]\n$/,
  )
  expect(shown('<p>Hello <b>jane.doe@customer-bank.com</b></p>')).toMatch(
    /^<p>Hello <b>jan…\[sha256:[0-9a-f]{8}\]<\/b><\/p>$/,
  )
})

test('what a refusal says can be read, but for whom it names', () => {
  const refusal =
    '{"error":{"code":"forbidden","message":"this is of jane.doe@customer-bank.com, not of yours"}}'
  const shown = discretionOf(profile, zone).body(refusal, answered('', { answer: 'refused' }))
  expect(shown).toMatch(/"message":"this is of jan…\[sha256:[0-9a-f]{8}\], not of yours"/)
})

test('a finding says of what its evidence shortens no more than that; a profile may have both whole', () => {
  const token = 'usr_8f71c02d4b9e'
  const exchange = answered(`{"data":[{"id":"${token}"}]}`)
  const said = `200, and the answer holds ${token}, which is for its owner alone`
  const shown = (given: Profile) => {
    const make = evidenceMakers((text) => text, discretionOf(given, zone))
    return [JSON.stringify(make.exchange(exchange)), make.claim(said)].map((text) => text.includes(token))
  }
  expect(shown(profile)).toEqual([false, false])
  expect(shown({ ...profile, report: { disclosed: 'shortened' } })).toEqual([false, false])
  expect(shown({ ...profile, report: { disclosed: 'whole' } })).toEqual([true, true])
})

test('the lines that repeat a finding say of it no more either', async () => {
  const token = 'usr_8f71c02d4b9e'
  const make = evidenceMakers((text) => text, discretionOf(profile, zone))
  const trail = createTrail(make, () => ({ before: [], line: 'curl' }))
  const { judged, ...verify } = createVerify({
    ...{ about: sampleAbout, trail, text: make.text, claim: make.claim, said: () => '' },
    fence: async () => {},
  })
  const of = answered(`{"id":"${token}"}`)
  verify.that(false, { of, expected: 'nothing', actual: `the answer holds ${token}` })
  const { findings } = judged(undefined)
  expect(findings[0]?.reproduce).toMatch(/seen: the answer holds usr…\[sha256:[0-9a-f]{8}\]/)
  expect(JSON.stringify(findings)).not.toContain(token)
})

test('why something could not be judged names nobody, and its variant keeps its name', async () => {
  const make = evidenceMakers((text) => text, discretionOf(profile, zone))
  const trail = createTrail(make, () => ({ before: [], line: 'curl' }))
  const { judged, ...verify } = createVerify({
    ...{ about: sampleAbout, trail, text: make.text, claim: make.claim, said: () => '' },
    fence: async () => {},
  })
  const name = 'as jane.doe@customer-bank.com'
  await verify.each([{ name }], async () =>
    verify.held(false, 'it was refused to jane.doe@customer-bank.com'),
  )
  const { reason, variants } = judged(undefined)
  expect([reason, variants[0]?.reason].join()).not.toContain('jane.doe')
  expect(variants[0]).toMatchObject({ name, state: 'unjudged' })
})

test('a secret that the run knows is no half of it, and shows no digest of it', () => {
  const make = evidenceMakers(
    (text) => text.replaceAll('s3cret-of-admin', '$KEY'),
    discretionOf(profile, zone),
  )
  const evidence = make.exchange(answered('{"secret":"s3cret-of-admin","of":"Jane s3cret-of-admin"}'))
  expect(JSON.stringify(evidence)).toContain('{\\"secret\\":\\"$KEY\\"')
  expect(JSON.stringify(evidence)).not.toContain('s3c')
})

test('hostile bodies take no time to go through', () => {
  const { body } = discretionOf(profile, zone)
  for (const text of [
    '"\\'.repeat(30_000),
    '["'.repeat(30_000),
    'a@'.repeat(30_000),
    `{"a":"${'\\"'.repeat(30_000)}`,
  ]) {
    expect(body(text, answered('')).length).toBeGreaterThan(0)
    expect(body(text, answered('', { answer: 'refused' })).length).toBeGreaterThan(0)
  }
})
