import { generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto'
import { expect, test } from 'vitest'
import type { Input } from '../api/api.ts'
import type { Kit } from '../check/kit.ts'
import { type SampleScene, sampleExchange, sampleKit } from '../check/sample-kit.testing.ts'
import type { CallbackHit, WebhookScheme } from '../model.ts'
import { signatureOf, standardWebhooks } from '../probes/webhook-signatures.ts'
import { NotSeen } from '../sandbox/client.ts'
import { hearEvents, inClear, judgementsOf, rotationOf } from './webhooks.ts'

interface Hook {
  readonly url: string
  secret: string
  former: string | null
}

interface Made {
  readonly id: string
  readonly timestamp: string
  readonly body: string
}

/** What a target does otherwise than a sound one. */
interface Faults {
  readonly scheme?: WebhookScheme
  readonly secrets?: readonly string[]
  readonly signs?: (hook: Hook, all: readonly Hook[]) => readonly string[]
  readonly signed?: (made: Made) => Made
  readonly field?: string
  readonly idField?: string
  readonly payload?: (hook: Hook) => object
  readonly shown?: (hook: Hook) => object
  readonly seconds?: (now: number) => number
  readonly again?: { readonly oldTime?: boolean; readonly later?: number; readonly newId?: boolean } | null
  /** How a secret signs; as the scheme says where that is left out. */
  readonly signature?: (secret: string, made: Made) => string
  /** Bodies say when they were posted, and nothing else tells one try from another. */
  readonly stamped?: boolean
  readonly rotated?: (hook: Hook) => string
  readonly takesHttp?: boolean
  readonly silent?: boolean
  /** Somebody else sends for the same tenant. */
  readonly busy?: boolean
  readonly policies?: object
}

const newSecret = () => `whsec_${Buffer.from(randomUUID().repeat(2)).subarray(0, 32).toString('base64')}`

/** The same event, that says when it was posted. */
const withTime = (body: string, at: number) =>
  JSON.stringify({ ...JSON.parse(body), posted_at: new Date(at).toISOString() })

/** A target with webhooks, whose clock is the test's. */
function targetWith(faults: Faults) {
  const hooks = new Map<string, Hook>()
  const hits = new Map<string, CallbackHit[]>()
  const failing = new Set<string>()
  const clock = { now: Date.now(), paused: 0 }
  const secrets = [...(faults.secrets ?? [])]
  const pathOf = (url: string) => new URL(url).pathname
  const post = (hook: Hook, id: string, said: string, at: number, stamped = at) => {
    const body = faults.stamped === true ? withTime(said, at) : said
    const seconds = (faults.seconds ?? ((now: number) => now))(Math.floor(stamped / 1000))
    const made = { id, timestamp: String(seconds), body }
    const by = faults.signs?.(hook, [...hooks.values()]) ?? [
      hook.secret,
      ...(hook.former === null ? [] : [hook.former]),
    ]
    const signed = (faults.signed ?? ((same: Made) => same))(made)
    const signatureBy = (secret: string) =>
      faults.signature?.(secret, signed) ??
      `v1,${signatureOf(faults.scheme ?? standardWebhooks, secret, signed)}`
    const signatures = by.map(signatureBy)
    const path = pathOf(hook.url)
    const fails = failing.delete(path)
    const hit: CallbackHit = {
      ...(fails ? { failed: true } : {}),
      ...{ method: 'POST', path, body, peer: '127.0.0.1:1', at },
      headers: [
        [faults.idField ?? 'webhook-id', id],
        ['webhook-timestamp', made.timestamp],
        ...(signatures.length === 0
          ? []
          : [[faults.field ?? 'webhook-signature', signatures.join(' ')] as const]),
      ],
    }
    hits.set(path, [...(hits.get(path) ?? []), hit])
    if (!fails || faults.again === null) return
    const { oldTime = false, later = 3000, newId = false } = faults.again ?? {}
    post(hook, newId ? `evt_${randomUUID()}` : id, said, at + later, oldTime ? at : at + later)
  }
  const call = (operation: string, input: Input) => {
    const hook = hooks.get(String(input['id']))
    const answer = (result: object, shown: object = result) =>
      sampleExchange('accepted', { operation, result, body: JSON.stringify(shown) })
    switch (operation) {
      case 'webhook.create': {
        const url = String(input['url'])
        if (url.startsWith('http:') && faults.takesHttp !== true)
          return sampleExchange('invalid', { operation })
        const made = { url, secret: secrets.shift() ?? newSecret(), former: null }
        const id = `h${hooks.size}`
        hooks.set(id, made)
        return answer({ id, secret: made.secret })
      }
      case 'webhook.rotate': {
        if (hook === undefined) return sampleExchange('missing', { operation })
        hook.former = hook.secret
        hook.secret = (faults.rotated ?? newSecret)(hook)
        return answer({ secret: hook.secret })
      }
      case 'webhook.get':
      case 'webhook.list':
        return answer(
          {},
          [...hooks.values()].map(({ url, ...rest }) => ({ url, ...faults.shown?.({ url, ...rest }) })),
        )
      case 'message.send':
        if (faults.busy === true)
          for (const each of hooks.values())
            post(each, `evt_${randomUUID()}`, '{"to":"somebody else"}', clock.now)
        for (const each of faults.silent === true ? [] : hooks.values())
          post(
            each,
            `evt_${randomUUID()}`,
            JSON.stringify({ to: input['to'], ...faults.payload?.(each) }),
            clock.now,
          )
        return answer({ id: `m${randomUUID()}` })
      default:
        return sampleExchange('accepted', { operation })
    }
  }
  const callback: Kit['callback'] = {
    url: (path, scheme = 'http') => `${scheme}://127.0.0.1:1${path}`,
    hits: async (path) => hits.get(path) ?? [],
    serve: async () => {},
    failOnce: async (path) => void failing.add(path),
    async hit(path, { count = 1 }) {
      const seen = hits.get(path) ?? []
      if (seen.length < count) throw new NotSeen('nothing')
      return seen
    },
  }
  const pause = async (milliseconds = 0) => {
    clock.paused += milliseconds
    for (const hook of hooks.values()) hook.former = null
  }
  return { call, callback, clock, pause }
}

async function judged(faults: Faults, scene: SampleScene = {}) {
  const { call, callback, pause } = targetWith(faults)
  const { judge } = sampleKit({
    wire: { deliveries: async () => [{ raw: Buffer.from('') } as never] },
    call,
    profile: {
      principals: { neighbour: {} },
      policies: { webhooks: { retry: 1, overlap: 1, ...faults.policies } },
    },
    ...scene,
  })
  return judge(async (given) => {
    const kit = { ...given, callback } as Kit
    const heard = await hearEvents(kit)
    await kit.verify.each(judgementsOf(kit, heard), ({ judge }) => judge())
    const later = [...rotationOf(kit, heard, pause as never), ...inClear(kit, heard)]
    await kit.verify.each(later, ({ judge }) => judge(), 'one by one')
    await heard.forget()
  })
}

/** The variants that were found wrong, with how bad they are. */
async function found(faults: Faults, scene?: SampleScene) {
  const { findings } = await judged(faults, scene)
  return Object.fromEntries(findings.map(({ variant, severity }) => [variant, severity]))
}

test('a sound target passes, by Standard Webhooks and by a scheme of its own', async () => {
  expect(await judged({})).toMatchObject({ verdict: 'pass', findings: [] })
  expect(await judged({ busy: true })).toMatchObject({ verdict: 'pass', findings: [] })
  const scheme: WebhookScheme = {
    headers: { 'X-Id': '{id}', 'X-Signature': 'v1,{signature}', 'webhook-timestamp': '{timestamp}' },
    message: '{timestamp}|{body}',
  }
  const own = { scheme, field: 'x-signature', policies: { scheme } }
  expect(await found(own)).toEqual({})
})

/** Key pairs in the place of secrets, as Standard Webhooks has them: what is given out is the public one. */
function keyPairs() {
  const privateKeys = new Map<string, KeyObject>()
  return {
    made(): string {
      const { publicKey, privateKey } = generateKeyPairSync('ed25519')
      const octets = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32)
      const shown = `whpk_${octets.toString('base64')}`
      privateKeys.set(shown, privateKey)
      return shown
    },
    signature(shown: string, { id, timestamp, body }: Made): string {
      const privateKey = privateKeys.get(shown)
      if (privateKey === undefined) throw new Error('expected a key that was made')
      return `v1a,${sign(null, Buffer.from(`${id}.${timestamp}.${body}`), privateKey).toString('base64')}`
    },
  }
}

test('by key pairs, events are signed by that of their webhook, and the public keys are no secrets', async () => {
  const { made, signature } = keyPairs()
  const given = () => ({ secrets: [made(), made(), made()], rotated: made, signature })
  const shown = { shown: (hook: Hook) => hook, payload: ({ secret }: Hook) => ({ secret }) }
  const { verdict, variants } = await judged({ ...given(), ...shown })
  expect(verdict).toBe('pass')
  expect(variants.filter(({ state }) => state === 'not-applicable').map(({ name }) => name)).toEqual([
    'another secret than another webhook of the tenant',
    'another secret than a webhook of another tenant',
    'an event of another tenant',
    'webhook.get shows no secret',
    'webhook.list shows no secret',
  ])
  const one = made()
  expect(await found({ ...given(), signs: () => [one] })).toEqual({
    'a signature': 'high',
    'the new secret signs once there is one': 'high',
  })
  const signed = (event: Made) => ({ ...event, body: '' })
  expect(await found({ ...given(), signed })).toMatchObject({ 'a signature': 'high' })
})

test('events that are signed by a key pair whose public key nobody gave out are unproven', async () => {
  const { made, signature } = keyPairs()
  const pair = made()
  const { variants } = await judged({ signature: (_, event) => signature(pair, event) })
  expect(variants.find(({ name }) => name === 'a signature')).toMatchObject({
    state: 'unjudged',
    reason: expect.stringContaining('map result.secret of webhook.create to the public key'),
  })
})

test('by a scheme of the target’s own, an id may be new for each post', async () => {
  const scheme: WebhookScheme = {
    headers: { 'X-Token': '{id}', 'X-Signature': 'v1,{signature}', 'webhook-timestamp': '{timestamp}' },
    message: '{id}|{timestamp}|{body}',
  }
  const own = { scheme, field: 'x-signature', idField: 'x-token', policies: { scheme } }
  expect(await found({ ...own, again: { newId: true } })).toEqual({})
  expect(await found({ ...own, again: { newId: true, oldTime: true } })).toMatchObject({
    'a new time when it is posted again': 'medium',
  })
})

const high = 'high'
test.each([
  [
    'no signature',
    { signs: () => [] },
    { 'a signature': high, 'the new secret signs once there is one': high },
  ],
  [
    'the secret of another webhook',
    { signs: (_: Hook, [first]: readonly Hook[]) => [first?.secret ?? ''] },
    { 'a signature': high },
  ],
  [
    'a secret that nobody was told',
    { signs: () => ['whsec_AAAA'] },
    { 'a signature': high, 'the new secret signs once there is one': high },
  ],
  [
    'no body',
    { scheme: { ...standardWebhooks, message: '{id}.{timestamp}' } },
    { 'the body is signed': high },
  ],
  [
    'no time',
    { scheme: { ...standardWebhooks, message: '{id}.{body}' } },
    { 'the time is signed': 'medium' },
  ],
  [
    'no id',
    { scheme: { ...standardWebhooks, message: '{timestamp}.{body}' } },
    { 'the id is signed': 'medium' },
  ],
  ['the old time again', { again: { oldTime: true } }, { 'a new time when it is posted again': 'medium' }],
  [
    'the old time again beside events of others',
    { busy: true, again: { oldTime: true } },
    { 'a new time when it is posted again': 'medium' },
  ],
  // By which receivers know what they have had.
  ['another id again', { again: { newId: true } }, { 'a new time when it is posted again': 'low' }],
  [
    'another id again beside events of others',
    { busy: true, again: { newId: true } },
    { 'a new time when it is posted again': 'low' },
  ],
  ['another time zone', { seconds: (now: number) => now + 3600 }, { 'a time that is now': 'low' }],
  [
    'the secret again',
    { shown: (hook: Hook) => hook },
    { 'webhook.get shows no secret': high, 'webhook.list shows no secret': high },
  ],
  [
    'the secret in events',
    { payload: ({ secret }: Hook) => ({ secret }) },
    { 'no credential in events': high },
  ],
  ['events in clear', { takesHttp: true }, { 'nothing is posted in clear': 'medium' }],
  [
    'the former secret alone',
    { signs: ({ secret, former }: Hook) => [former ?? secret] },
    { 'the new secret signs once there is one': high },
  ],
  [
    'the same secret after a rotation',
    { rotated: ({ secret }: Hook) => secret },
    { 'the new secret signs once there is one': high },
  ],
] as const)('%s is found', async (_, faults, expected) => {
  expect(await found(faults as Faults)).toEqual(expected)
})

test('secrets that are shared or short are found', async () => {
  const shared = newSecret()
  const [first, second] = [newSecret(), newSecret()]
  const another = 'another secret than another webhook of the tenant'
  const foreign = 'another secret than a webhook of another tenant'
  expect(await found({ secrets: [shared, shared, second] })).toEqual({ [another]: high })
  expect(await found({ secrets: [shared, first, shared] })).toEqual({ [foreign]: high })
  const short = (bytes: number) => `whsec_${Buffer.alloc(bytes, 7).toString('base64')}`
  expect(await found({ secrets: [short(8)] })).toEqual({ 'a secret of enough bits': high })
  expect(await found({ secrets: [short(12)] })).toEqual({ 'a secret of enough bits': 'medium' })
})

test('what cannot be seen is unproven', async () => {
  expect(await judged({ silent: true })).toMatchObject({
    verdict: 'unproven',
    reason: expect.stringContaining('no event of a message that arrived came to https://127.0.0.1:1/'),
  })
  expect(await judged({ field: 'x-hub-signature' })).toMatchObject({
    variants: expect.arrayContaining([
      expect.objectContaining({
        name: 'a signature',
        state: 'unjudged',
        reason: expect.stringContaining('a field x-hub-signature'),
      }),
    ]),
  })
  const again = 'a new time when it is posted again'
  const stateOf = async (faults: Faults) =>
    (await judged(faults)).variants.find(({ name }) => name === again)?.state
  expect(await stateOf({ again: null })).toBe('unjudged')
  const headers = { 'webhook-timestamp': '{timestamp}', 'webhook-signature': 'v1,{signature}' }
  const withoutId = { ...standardWebhooks, headers, message: '{timestamp}.{body}' }
  const plain = { scheme: withoutId, stamped: true, policies: { scheme: withoutId } }
  expect(await stateOf(plain)).toBe('held')
  expect(await stateOf({ ...plain, again: { oldTime: true } })).toBe('violated')
  expect(await stateOf({ again: { oldTime: true, later: 100 } })).toBe('unjudged')
  expect(await stateOf({ policies: { retry: undefined } })).toBe('not-applicable')
})

test('a receiver that is reached without TLS, or by a URL of its own, is that', async () => {
  const urls: unknown[] = []
  const target = targetWith({ takesHttp: true })
  for (const receiver of ['http', 'https://tunnel.test/a/']) {
    const { judge } = sampleKit({
      wire: { deliveries: async () => [{ raw: Buffer.from('') } as never] },
      call(operation, input) {
        if (operation === 'webhook.create') urls.push(input['url'])
        return target.call(operation, input)
      },
      profile: { policies: { webhooks: { receiver } } },
    })
    await judge(async (given) => {
      const kit = { ...given, callback: target.callback } as Kit
      expect(inClear(kit, {} as never)).toEqual([])
      await hearEvents(kit)
    })
  }
  expect(urls[0]).toMatch(/^http:\/\/127\.0\.0\.1:1\/\w{32}$/)
  expect(urls[2]).toMatch(/^https:\/\/tunnel\.test\/a\/\w{32}$/)
})
