import { expect, test } from 'vitest'
import { field, type Recorded, withApi } from '../api/recording-target.testing.ts'
import { sampleKit } from '../check/sample-kit.testing.ts'
import type { Delivery } from '../model.ts'
import { hostClaims } from '../probes/host-claims.ts'
import { linkingCalls, withoutSecrets } from './claimed-hosts.ts'

const profile = `
principals: {admin: {bearer: '\${env:KEY}'}, anonymous: {none: true}}
mail: {from: shop@sender.example, recipients: {route: relay, domains: [inbox.sound.test]}}
operations:
  message.send: {method: POST, path: /send, as: admin, body: '{"to": [to.email], "text": text}'}
  user.create: {method: POST, path: /users, as: admin, body: '{"email": email}', result: {id: body.id}}
  password.sendReset:
    {method: POST, path: /reset, as: anonymous, body: '{"email": email}', example: {email: "\${address}"}}
`

/** What each call of an API says of its links, by call and field; `mails` gives the text that a request has mailed, if any. */
async function ledBy(
  mails: (request: Recorded) => string | null,
  runReach: 'safe' | 'intrusive' = 'intrusive',
  written: (request: Recorded) => { readonly from?: string; readonly field?: string } = () => ({}),
) {
  const sent: Delivery[] = []
  const answer = (request: Recorded) => {
    const { to = [], email } = JSON.parse(request.body) as { to?: string[]; email?: string }
    const text = mails(request)
    const { from = '', field: more = 'X-Mailer: own' } = written(request)
    const raw = Buffer.from(`Subject: Hello\r\n${more}\r\n\r\n${text}\r\n`)
    for (const each of text === null ? [] : [...to, email ?? []].flat())
      sent.push({ id: String(sent.length), envelope: { from, to: [each] }, raw } as unknown as Delivery)
    return { status: 202, body: { id: 'u-1' } }
  }
  const of = async ({ to }: { readonly to?: string }) =>
    sent.filter(({ envelope }) => envelope.to.includes(to ?? ''))
  const { kit, judge } = sampleKit({ wire: { deliveries: of, arrival: of } })
  const led: Record<string, readonly string[]> = {}
  /** Of what is led, that is no more than a name. */
  const names: string[] = []
  let variants: readonly string[] = []
  await withApi({ profile, env: { KEY: 'a-key-of-admin' }, answer }, async ({ api, reach, ...rig }) => {
    const ground = { ...kit, api, reach, runReach, profile: rig.profile }
    const judged = await judge(async () => {
      const own = 'https://shop.example/offer'
      await kit.verify.each(
        linkingCalls(ground, { text: own }, own),
        async ({ name, mails: comes, claiming }) => {
          await comes()
          const found = hostClaims.map((claim) =>
            claiming(claim, 'claimed.example').then(
              ({ led, isNameAlone }) => {
                if (isNameAlone) names.push(claim.name)
                return led === null ? [] : [claim.name]
              },
              // Not applicable.
              () => [],
            ),
          )
          led[name] = (await Promise.all(found)).flat()
          kit.verify.that(true, { expected: '', actual: '' })
        },
      )
    })
    variants = judged.variants.map(
      ({ name, state, reason }) => `${name}: ${state}${reason === null ? '' : `, ${reason}`}`,
    )
  })
  return { led, names, variants }
}

const text = (host: string) => `See https://shop.example/offer, or leave at https://${host}/u/1`

test('links of the target’s own that follow a field of the request are told by that field, of each call that mails some', async () => {
  const { led } = await ledBy((request) => text(field(request, 'x-forwarded-host') ?? 'mail.example'))
  expect(led).toEqual({
    'message.send': ['X-Forwarded-Host'],
    'user.create': ['X-Forwarded-Host'],
    'password.sendReset': ['X-Forwarded-Host'],
  })
})

test('a scheme, a port and a path that the request says are told as well', async () => {
  const { led } = await ledBy((request) => {
    const [scheme = 'https', port = '443', prefix = ''] = ['proto', 'port', 'prefix'].map((part) =>
      field(request, `x-forwarded-${part}`),
    )
    return `Leave at ${scheme}://mail.example:${port}${prefix}/u/1`
  })
  expect(led['message.send']).toEqual(['X-Forwarded-Proto', 'X-Forwarded-Port', 'X-Forwarded-Prefix'])
})

test('links that lead so without a field tell nothing of it', async () => {
  const { led } = await ledBy(
    (request) => `Leave at http://${field(request, 'x-host') ?? 'mail.example'}/u/1`,
  )
  expect(led['message.send']).toEqual(['X-Host'])
})

test('a call that mails nothing is not applicable, and one that mails the caller’s link alone is judged', async () => {
  const { led, variants } = await ledBy(({ path }) =>
    path === '/send' ? 'See https://shop.example/offer' : null,
  )
  expect(led).toEqual({ 'message.send': [] })
  expect(variants).toEqual([
    'message.send: held',
    ...['user.create', 'password.sendReset'].map(
      (name) => `${name}: not-applicable, nothing is mailed by ${name}`,
    ),
  ])
})

test.each<[string, (host: string) => { readonly from?: string; readonly field?: string }, boolean]>([
  ['where mail that cannot be delivered goes', (host) => ({ from: `bounces@${host}` }), false],
  ['whom one answers', (host) => ({ field: `Reply-To: <help@${host}>` }), false],
  ['who writes', (host) => ({ field: `From: Shop <shop@${host}>` }), false],
  ['how the message is called', (host) => ({ field: `Message-ID: <1@${host}>` }), true],
])('%s may follow the host of the request as well', async (_, written, isNameAlone) => {
  const { led, names } = await ledBy(
    () => 'Hello',
    'intrusive',
    (request) => written(field(request, 'host')?.replace(/:.*/, '') ?? 'none.example'),
  )
  expect(led['message.send']).toEqual(['Host'])
  expect(names).toEqual(isNameAlone ? ['Host', 'Host', 'Host'] : [])
})

test('a run that only reads makes nobody for it', async () => {
  const { led, variants } = await ledBy(() => text('mail.example'), 'safe')
  expect(led).toEqual({ 'message.send': [] })
  expect(variants.slice(1).every((variant) => variant.includes(': held-back'))).toBe(true)
})

test.each([
  ['https://shop.example/reset?token=abcdef', 'https://shop.example/…'],
  ['https://shop.example', 'https://shop.example'],
  ['http://ann:secret@shop.example:81/u/1', 'http://…@shop.example:81/…'],
  ['//shop.example/reset?token=abcdef', '//shop.example/…'],
  ['/reset?token=abcdef', '/…'],
  ['shop.example/reset#abcdef', 'shop.example/…'],
  ['shopapp://reset?token=abcdef', 'shopapp://reset/…'],
])('of a link in mail to others, a report shows where it leads alone: %s', (url, shown) => {
  expect(withoutSecrets(url)).toBe(shown)
})

test('a host that was claimed stays in it', () => {
  const url = 'https://shop.example/go/claimed.example/reset?token=abcdef'
  expect(withoutSecrets(url, 'claimed.example')).toBe('https://shop.example/go/claimed.example/…')
})
