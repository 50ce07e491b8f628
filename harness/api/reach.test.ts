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
  message.batch: {method: POST, path: /batch, body: $}
  message.raw: {method: POST, path: /raw, raw: {type: message/rfc822, base64: true, content: raw}}
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

test.each<[string, 'batch' | 'raw', Record<string, unknown>]>([
  ['one message of several', 'batch', { messages: [{ to: ann }, { to: ann, bcc: 'bob@elsewhere.com' }] }],
  ['a header field of one', 'batch', { messages: [{ to: ann, headers: { Cc: 'bob@elsewhere.com' } }] }],
  ['a text in place of a message', 'batch', { messages: [ann, 'bob@elsewhere.com'] }],
  [
    'the envelope of a whole message',
    'raw',
    { to: [ann, 'bob@elsewhere.com'], raw: btoa('Subject: a\r\n\r\n') },
  ],
  [
    'its header, which may name the sender’s own customers',
    'raw',
    { to: ann, raw: btoa('Bcc: bob@shop.com\r\n\r\n') },
  ],
  ['a folded field', 'raw', { to: ann, raw: btoa('Subject: a\r\ncC :\r\n bob@shop.com\r\n\r\n') }],
  ['a field after a bare CR', 'raw', { to: ann, raw: btoa('Subject: a\rBcc: bob@shop.com\r\n\r\n') }],
  ['a NUL in a message', 'raw', { to: ann, raw: btoa('From: a\0\r\nX: bob@elsewhere.com\r\n\r\n') }],
  ['a message that is no base64', 'raw', { to: ann, raw: 'Bcc: bob@shop.com\r\n\r\n' }],
])('no more by the other ways to send: %s', async (_, way, input) => {
  await withApi({ profile, env }, async ({ api, requests }) => {
    await expect(api.call(`message.${way}`, input)).rejects.toThrow(
      /^refused: (mail for|a body with an address at) /,
    )
    expect(requests).toEqual([])
  })
})

test('a batch and a whole message go through, and count by their recipients', async () => {
  const counted: (readonly [string, number])[] = []
  const take = async (what: string, count: number) => void counted.push([what, count])
  await withApi({ profile, env, reach: { take } }, async ({ api, requests }) => {
    await api.call('message.batch', { messages: [{ to: ann }, { to: [ann, ann], from: 'a@bank.example' }] })
    const raw = `From: news@shop.com\r\nTo: ${ann}\r\n\r\n`
    await api.call('message.raw', { to: ann, raw: btoa(raw) })
    expect(counted).toEqual([
      ['mail', 3],
      ['request', 1],
      ['mail', 1],
      ['request', 1],
    ])
    expect(requests[1]?.body).toBe(raw)
    const mailbox = (email: string) => ({ email, name: null })
    expect(JSON.parse(requests[0]?.body ?? '')).toEqual({
      messages: [
        { from: mailbox('news@shop.test'), to: [mailbox(ann)] },
        { from: mailbox('a@bank.example'), to: [mailbox(ann), mailbox(ann)] },
      ],
    })
  })
})

test('a request of a check’s own is held to the same', async () => {
  await withApi({ profile, env }, async ({ api, requests }) => {
    const request = await api.prepare('message.send', { to: ann })
    const about = { operation: 'message.send', principal: 'sender', input: { to: ann } } as const
    const leaving = { ...request, body: String(request.body).replace(ann, 'bob@elsewhere.com') }
    await expect(api.send(leaving, about)).rejects.toThrow('a body with an address at elsewhere.com')
    await expect(api.send({ ...request, origin: 'http://127.0.0.1:1' }, about)).rejects.toThrow(
      'a connection to 127.0.0.1:1',
    )
    const named = { ...about, input: { to: 'bob@elsewhere.com' } }
    await expect(api.send(request, named)).rejects.toThrow('mail for elsewhere.com')
    for (const name of ['elsewhere.com', 'Elsewhere.com.:8443/x', '*.elsewhere.com', 'a@elsewhere。com'])
      await expect(api.call('domain.create', { name })).rejects.toThrow(/claim to the domain elsewhere.com/)
    await expect(api.call('template.create', { html: 'mailto:bob@elsewhere.com' })).rejects.toThrow(
      'elsewhere.com',
    )
    expect(requests).toEqual([])
  })
})

test.each([
  ['a header field', 'headers: {X-Copy-To: "boss@elsewhere.com"}', 'a header field X-Copy-To'],
  [
    'a header field in base64',
    `headers: {X-Copy-To: ${btoa('boss@elsewhere.com')}}`,
    'a header field X-Copy-To',
  ],
  ['a query', 'query: {copy: boss@elsewhere.com}', 'a path'],
  ['a query in base64', `query: {copy: ${btoa('boss@elsewhere.com')}}`, 'a path'],
])('an address outside that the profile itself writes into %s is no way out', async (_, more, what) => {
  const written = profile.replace('path: /send,', `path: /send, ${more},`)
  await withApi({ profile: written, env }, async ({ api, requests }) => {
    await expect(api.call('message.send', { to: ann })).rejects.toThrow(
      `refused: ${what} with an address at elsewhere.com`,
    )
    expect(requests).toEqual([])
  })
})

test('nor is one into a header field of all calls', async () => {
  await withApi({ profile, env }, async ({ api, profile }) => {
    const headers = { 'X-Copy-To': 'boss@elsewhere.com' }
    const reach = createReach({ profile: { ...profile, target: { ...profile.target, headers } }, zone })
    const request = await api.prepare('message.send', { to: ann })
    const copied = { ...request, headers: [...request.headers, ['x-copy-to', headers['X-Copy-To']] as const] }
    expect(() => reach.request(copied, 'message.send')).toThrow('a header field x-copy-to with an address at')
    expect(() => reach.request(copied, 'template.create')).not.toThrow()
  })
})

test('who calls may be named by an address anywhere: no mail goes there', async () => {
  const named = profile.replace('bearer: ', 'headers: {X-Auth-Email: ').replace("}'}", "}'}}")
  await withApi({ profile: named, env: { KEY: 'qa@elsewhere.com' } }, async ({ api, requests }) => {
    await api.call('message.send', { to: ann })
    expect(requests).toHaveLength(1)
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

test('what is sent together waits until the last of it has its turn, and then goes out at once', async () => {
  const budget = createBudget({ perSecond: 100 })
  const turns: number[] = []
  const take = (kind: 'request' | 'mail', count: number) => {
    turns.push(count)
    return budget(kind, count)
  }
  await withApi({ profile, env, reach: { take } }, async ({ api, reach, requests }) => {
    const began = performance.now()
    const waited = () => Math.ceil(performance.now() - began)
    await take('request', 1)
    await reach.together(20, async () => {
      // The first may go at once, and 20 more have had their turn 200 ms later.
      expect(waited()).toBeGreaterThanOrEqual(200)
      await Promise.all(Array.from({ length: 20 }, () => reach.take('request', 1)))
      expect(turns).toEqual([1, 20])
      await reach.take('request', 1)
      expect(turns).toEqual([1, 20, 1])
    })
    await api.call('message.send', { to: ann })
    expect(waited()).toBeGreaterThanOrEqual(220)
    expect(requests).toHaveLength(1)
  })
})

test('a request of a check’s own and a call are among those sent together; others take their own turn', async () => {
  const taken: string[] = []
  const take = async (kind: string, count: number) => void taken.push(`${count} ${kind}`)
  await withApi({ profile, env, reach: { take } }, async ({ api, reach }) => {
    const request = await api.prepare('message.send', { to: ann })
    const about = { operation: 'message.send', principal: 'sender', input: { to: ann } }
    const apart = Promise.withResolvers<void>()
    const together = reach.together(3, async () => {
      await api.send(request, about)
      await api.call('message.send', { to: ann })
      apart.resolve()
      // Of three, one is left.
      await reach.together(1, () => api.send(request, about))
      await api.send(request, about)
    })
    await apart.promise
    await api.send(request, about)
    await together
    expect(taken.toSorted()).toEqual(['1 mail', '1 request', '1 request', '3 request'])
  })
})

test('a further operation that sends is held to the sandbox, and counted', async () => {
  const further = profile.replace(
    'operations:',
    `operations:
  campaign.send: {method: POST, path: /campaign, body: $, example: {to: ['\${address}'], about: x}}`,
  )
  const taken: string[] = []
  const take = async (kind: string, count: number) => void taken.push(`${count} ${kind}`)
  await withApi({ profile: further, env, reach: { take } }, async ({ api }) => {
    const send = api.profile.operations['campaign.send']
    if (send === undefined) throw new Error('no campaign.send')
    await expect(api.call(send.name, { to: ['bob@example.com'] })).rejects.toThrow(
      'refused: mail for example.com',
    )
    expect(taken).toEqual([])
    expect((await api.call(send.name, { to: [ann] })).answer).toBe('accepted')
    expect(taken).toEqual(['1 mail', '1 request'])
  })
})

test('mail that the target refuses is told not to come, and what broke may yet', async () => {
  const profile = `
principals: {sender: {bearer: '\${env:KEY}'}}
operations: {message.send: {method: POST, path: /send, body: '{"to": [to.email]}'}}
mail: {from: a@shop.test}
`
  const statuses = [400, 202, 500, 403]
  const unsent: number[] = []
  const answer = () => ({ status: statuses.shift() ?? 0 })
  const reach = { unsent: async (count: number) => void unsent.push(count) }
  await withApi({ profile, env: { KEY: 'a-secret' }, answer, reach }, async ({ api }) => {
    const [a, b] = ['a', 'b'].map((name) => `${name}@inbox.sound.${zone}`)
    for (const to of [[a, b], [a], [a], [b]]) await api.call('message.send', { to })
    expect(unsent).toEqual([2, 1])
  })
})

test('what is submitted is held to the sandbox, and counted, whether or not the profile declares a call that takes whole messages', async () => {
  const withoutRaw = profile.replace(/^ {2}message\.raw: .*\n/m, '')
  await withApi({ profile: withoutRaw, env }, async ({ reach }) => {
    const submitted = (to: string[], field = 'Subject: Hi') =>
      reach.recipients('submission.send', { to, raw: btoa(`${field}\r\n\r\nHello\r\n`) })
    expect(submitted([ann, ann])).toEqual([ann, ann])
    expect(() => submitted(['bob@elsewhere.com'])).toThrow(/^refused: mail for elsewhere\.com/)
    expect(() => submitted([ann], 'Bcc: bob@elsewhere.com')).toThrow(/^refused: mail for elsewhere\.com/)
  })
})
