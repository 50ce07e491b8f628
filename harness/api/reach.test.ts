import { expect, test } from 'vitest'
import { createBudget } from './budget.ts'
import { addressDomains, routeDomains } from './mail-domains.ts'
import { createReach } from './reach.ts'
import { withApi, zone } from './recording-target.testing.ts'

const profile = `
principals: {sender: {bearer: '\${env:KEY}'}}
operations:
  message.send: {method: POST, path: /send, body: $}
  domain.create: {method: POST, path: /domains, body: $}
  template.create: {method: POST, path: /templates, body: $}
mail: {from: news@shop.test, recipients: {route: relay, domains: [inbox.shop.com]}, domains: [shop.com]}
`
const env = { KEY: 'abcdefgh' }
const ann = `ann@inbox.sound.${zone}`

test.each<[string, Record<string, unknown>]>([
  ['another domain', { to: 'ann@elsewhere.com' }],
  ['one of several', { to: ann, bcc: [ann, { email: 'ann@elsewhere.com' }] }],
  ['a domain that only ends like it', { to: `ann@evil${zone}.com` }],
  ['a second recipient behind a line break', { to: `${ann}\r\nBcc: bob@elsewhere.com` }],
  ['a second recipient in the name', { to: { email: ann, name: 'x <bob@elsewhere.com>' } }],
  ['a list in one text', { to: `${ann},bob@elsewhere.com` }],
  ['the percent hack', { to: `bob%elsewhere.com@inbox.sound.${zone}` }],
  ['a bang path', { to: `elsewhere.com!bob@inbox.sound.${zone}` }],
  ['a source route', { to: `@elsewhere.com:${ann}` }],
  ['an encoded @', { to: `bob=40elsewhere.com@inbox.sound.${zone}` }],
  ['a comment after the @', { to: 'bob@(x)elsewhere.com' }],
  ['wide characters', { to: 'bob＠elsewhere。com' }],
  ['a literal', { to: 'bob@[192.0.2.1]' }],
  ['a domain for documentation, which exists', { to: 'bob@example.com' }],
  ['the sender’s own customers', { to: 'bob@shop.com' }],
  ['an injected header in the subject', { to: ann, subject: 'Hi\r\nBcc: bob@elsewhere.com' }],
  ['a header field', { to: ann, headers: { 'Reply-To': 'bob@elsewhere.com' } }],
  ['a raw message in base64', { to: ann, text: btoa('From: a\r\nBcc: bob@elsewhere.com\r\n\r\n') }],
])('nothing is sent that could make mail leave the sandbox: %s', async (_, input) => {
  await withApi({ profile, env }, async ({ api, requests }) => {
    await expect(api.call('message.send', input)).rejects.toThrow(
      /^refused: (mail for|a body with an address at) /,
    )
    expect(requests).toEqual([])
  })
})

test.each<[string, Record<string, unknown>]>([
  ['an attack with names of the sandbox', { to: ann, subject: `Hi\r\nBcc: hidden@inbox.sound.${zone}` }],
  [
    'reserved names in the text',
    { to: ann, from: 'ceo@bank.example', text: 'ask a@example.com or b@[127.0.0.1]' },
  ],
  ['a recipient that leads nowhere', { to: 'bob@nowhere.invalid' }],
  ['a domain that the profile says ends here', { to: 'Ann@Inbox.Shop.COM' }],
  ['an own domain in the text', { to: ann, from: 'a@shop.com' }],
  [
    'what only looks like an address',
    { to: ann, html: '<style>@media print{}</style> logo@2x @import npm@1.2.3' },
  ],
])('goes through: %s', async (_, input) => {
  await withApi({ profile, env }, async ({ api }) => {
    expect((await api.call('message.send', input)).answer).toBe('accepted')
  })
})

test('a request of a check’s own is held to the same', async () => {
  await withApi({ profile, env }, async ({ api, requests }) => {
    const request = await api.prepare('message.send', { to: ann })
    const about = { operation: 'message.send', principal: 'sender' }
    const leaving = { ...request, body: String(request.body).replace(ann, 'bob@elsewhere.com') }
    await expect(api.send(leaving, about)).rejects.toThrow('a body with an address at elsewhere.com')
    await expect(api.send({ ...request, origin: 'http://127.0.0.1:1' }, about)).rejects.toThrow(
      'a connection to 127.0.0.1:1',
    )
    await expect(api.call('domain.create', { name: 'elsewhere.com' })).rejects.toThrow(
      'a claim to the domain elsewhere.com',
    )
    await expect(api.call('template.create', { html: 'mailto:bob@elsewhere.com' })).rejects.toThrow(
      'elsewhere.com',
    )
    expect(requests).toEqual([])
  })
})

test('where the profile finds its pages may be reached, and no port beside it', async () => {
  const pages = `pages: {a: {url: 'http://127.0.0.1:1/a'}, b: {field: List-Unsubscribe, at: 'https://127.0.0.1:2'}}\n`
  await withApi({ profile: profile + pages, env }, async ({ profile }) => {
    const reach = createReach({ profile, zone })
    for (const port of [1, 2]) expect(() => reach.endpoint('127.0.0.1', port)).not.toThrow()
    expect(() => reach.endpoint('127.0.0.1', 3)).toThrow('a connection to 127.0.0.1:3')
  })
})

test('every reading of an address counts', () => {
  expect(addressDomains('a@b.com, <c@d.org> "x@y.net"@e.dev f@g')).toEqual([
    'b.com',
    'd.org',
    'y.net',
    'e.dev',
    'g',
  ])
  expect(addressDomains('a@bücher.example b@&#64;c.test')).toEqual(['xn--bcher-kva.example', 'c.test'])
  expect(routeDomains('a%b.com@c.test')).toEqual(['c.test', 'b.com'])
})

test('the budget counts messages by their recipients, and ends', async () => {
  const take = createBudget({ requests: 10, mails: 3 })
  await withApi({ profile, env, reach: { take } }, async ({ api, requests }) => {
    await api.call('message.send', { to: [ann, ann] })
    await expect(api.call('message.send', { to: [ann, ann] })).rejects.toThrow('raise budget.mails')
    expect(requests).toHaveLength(1)
  })
})
