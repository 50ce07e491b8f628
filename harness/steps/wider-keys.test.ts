import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { field, type Recorded, type Scripted, withApi } from '../api/recording-target.testing.ts'
import type { Kit } from '../check/kit.ts'
import { sampleKit } from '../check/sample-kit.testing.ts'
import { readBy, waysToWiden } from './wider-keys.ts'

const names = { admin: 'ann', keymaster: 'kim', sender: 'sam' } as const

/**
 * Keys and contacts of users, whom each call names; `foreign`: keys of others are made for whoever may make keys; `rotates`: those of
 * others get a new secret for them as well; `denial`: what is answered to who may not.
 */
function usersApi(foreign: boolean, rotates = false, denial = 403) {
  const keys = new Map<string, { name: string; scopes: readonly string[] }>([
    ['key-of-admin', { name: 'ann', scopes: ['contacts', 'keys'] }],
    ['key-of-keymaster', { name: 'kim', scopes: ['keys'] }],
    ['key-of-sender', { name: 'sam', scopes: ['send'] }],
  ])
  const contacts: { readonly of: string; readonly [field: string]: unknown }[] = []
  return (request: Recorded): Scripted => {
    const { method, path, body } = request
    const caller = keys.get((field(request, 'authorization') ?? '').replace('Bearer ', ''))
    const [, of = '', kind = ''] = path.split('/')
    if (caller === undefined) return { status: 401 }
    if (!caller.scopes.includes(kind)) return { status: denial }
    const others = caller.name !== of
    const [, , , id] = path.split('/')
    if (id !== undefined) {
      const [, known] = [...keys].find(([secret]) => secret.startsWith(id)) ?? []
      if (known === undefined || (others && !rotates)) return { status: denial }
      const secret = randomUUID()
      keys.set(secret, known)
      return { body: { id, secret } }
    }
    if (others && !(foreign && kind === 'keys')) return { status: denial }
    if (method === 'GET') return { body: { data: contacts.filter((contact) => contact.of === of) } }
    const asked = JSON.parse(body)
    if (kind === 'contacts') {
      contacts.push({ ...asked, of })
      return { body: { id: randomUUID() } }
    }
    if (!others && !asked.scopes.every((scope: string) => caller.scopes.includes(scope)))
      return { status: denial }
    const secret = randomUUID()
    keys.set(secret, { name: of, scopes: asked.scopes })
    return { body: { id: secret.slice(0, 8), secret } }
  }
}

const profile = (maker: string, more = '') => `
principals:
${Object.entries(names)
  .map(
    ([who, name]) =>
      `  ${who}: {values: {name: ${name}}, scopes: [${who === 'sender' ? 'send' : 'keys'}], bearer: "\${env:${who.toUpperCase()}}"}`,
  )
  .join('\n')}
operations:
  key.create: {as: ${maker}, method: POST, path: "/{principal.name}/keys", body: '{"name": name, "scopes": scopes}', result: {id: body.id, secret: body.secret}}
${more}
  contact.create: {method: POST, path: "/{principal.name}/contacts", body: '{"email": email}', result: {id: body.id}}
  contact.list: {method: GET, path: "/{principal.name}/contacts", result: {items: body.data}}
scopes: {contacts: [contact.create, contact.list], keys: [key.create], send: [message.send]}
mail: {from: a@shop.test}
`

/** Names of the ways by which a key was wider. */
async function widerAt(profileText: string, answer: ReturnType<typeof usersApi>): Promise<string[]> {
  const env = Object.fromEntries(Object.keys(names).map((who) => [who.toUpperCase(), `key-of-${who}`]))
  let wider: string[] = []
  await withApi({ profile: profileText, env, answer }, async ({ api, profile }) => {
    const { variants } = await sampleKit().judge(async (sample) => {
      const kit: Kit = { ...sample, api, profile }
      const { verify } = kit
      const rightful = await api.call('key.create', { name: 'reader', scopes: ['contacts'] }, 'admin')
      verify.held(
        (await readBy(kit, rightful.result?.['secret'])) !== null,
        'the admin’s own key reads nothing',
      )
      await verify.each(await waysToWiden(kit, 'contacts'), async ({ ask }) => {
        const { exchange, secret } = await ask()
        const trace = secret === undefined ? null : await readBy(kit, secret, rightful.result?.['secret'])
        verify.that(trace === null, { of: exchange, expected: 'no wider key', actual: `${trace}` })
      })
    })
    expect(variants.filter(({ state }) => state === 'unjudged')).toEqual([])
    wider = variants.filter(({ state }) => state === 'violated').map(({ name }) => name)
  })
  return wider
}

test.each([
  ['admin', false, []],
  ['admin', true, ['keymaster makes a reader of the admin’s']],
  ['keymaster', true, ['keymaster makes a reader of the admin’s']],
])(
  'where keys are of the users whom a call names, and by the profile %s makes them, one made of another’s is wider: %s',
  async (maker, foreign, wider) => {
    expect(await widerAt(profile(maker), usersApi(foreign))).toEqual(wider)
  },
)

test.each([
  [false, []],
  [true, ['keymaster makes a reader of the admin’s']],
])(
  'an error is a denial where it comes again after a key that may read was let in',
  async (foreign, wider) => {
    expect(await widerAt(profile('admin'), usersApi(foreign, false, 500))).toEqual(wider)
  },
)

test.each([
  [false, []],
  [true, ['keymaster rotates a reader of the admin’s']],
])('whoever rotates the key of another has its new secret: %s', async (rotates, wider) => {
  const rotate =
    '  key.rotate: {method: POST, path: "/ann/keys/{id}", result: {id: body.id, secret: body.secret}}'
  expect(await widerAt(profile('admin', rotate), usersApi(false, rotates))).toEqual(wider)
})
