import { expect, test } from 'vitest'
import { sampleExchange, sampleKit } from '../check/sample-kit.testing.ts'
import type { Exchange, HttpRequest, HttpResponse } from '../model.ts'
import {
  answersOverTls,
  callsOverTls,
  isDeafInClear,
  keepsToTls,
  placesToCallInClear,
} from './calls-in-clear.ts'

type Answer = Pick<HttpResponse, 'status' | 'body'> & { readonly headers?: HttpResponse['headers'] }

const json = ['content-type', 'application/json; charset=utf-8'] as const
const hsts = ['strict-transport-security', 'max-age=31536000'] as const
const mine: Answer = { status: 200, headers: [json, hsts], body: '{"id":"u1","role":"Admin"}' }
const unknown = (id: string): Answer => ({
  ...{ status: 401, headers: [json, hsts] },
  body: `{"error":{"code":"unauthenticated","request":"${id}"}}`,
})
const live = 'Bearer sk_live_secret'

interface Scene {
  readonly url?: string
  readonly scope?: readonly string[]
  readonly pages?: object
  readonly path?: string
  /** `null`: the connection is cut. */
  inClear?(request: HttpRequest): Answer | null
  overTls?(request: HttpRequest): Answer
}

/** What the check says of an API that answers so, and what was sent to it. */
async function judged(scene: Scene) {
  const { url = 'https://127.0.0.1:8443', scope, pages, path = '/me', inClear = () => null } = scene
  const requests: HttpRequest[] = []
  const isLive = ({ headers }: HttpRequest) => headers.some(([, value]) => value === live)
  const overTls = scene.overTls ?? ((request) => (isLive(request) ? mine : unknown('1')))
  const read = {
    ...{ name: 'principal.get', kind: 'principal', effect: 'read', sends: false, object: null },
    ...{ path, inputs: new Set<string>(), example: {}, steps: [], as: 'admin' },
  }
  const until = '2099-01-01'
  const { kit, judge } = sampleKit({
    has: (operation) => operation === 'principal.get',
    profile: {
      ...{ target: { url }, operations: { 'principal.get': read }, pages },
      ...(scope === undefined ? {} : { authorization: { owner: 'QA', until, scope } }),
    },
  })
  const prepare = async (_: string, _input: object, as: { readonly headers: HttpRequest['headers'] }) => ({
    ...{ method: 'GET', origin: new URL(url).origin, path, body: null },
    headers: [['x-gateway', 'gateway-secret'], ...as.headers] as HttpRequest['headers'],
  })
  const credential = {
    kind: 'bearer',
    token: 'sk_live_secret',
    headers: [['authorization', live]],
    query: [],
  }
  const send = async (request: HttpRequest): Promise<Exchange> => {
    requests.push(request)
    const answer = request.origin.startsWith('http:') ? inClear(request) : overTls(request)
    const { status = 0 } = answer ?? {}
    const kind = status < 400 ? 'accepted' : status < 500 ? 'refused' : 'broken'
    const exchange: Exchange = {
      ...sampleExchange(kind, { operation: 'principal.get' }),
      ...{ request, failure: answer === null ? 'ECONNRESET' : null },
      response: answer === null ? null : { headers: [json], truncated: false, ...answer },
    }
    kit.saw.called(exchange)
    return exchange
  }
  Object.assign(kit.api, {
    ...{ send, prepare, credential: async () => credential },
    call: async () => send(await prepare('', {}, credential as never)),
    redact: (text: string) => text.replaceAll(/sk_live_secret|gateway-secret/g, '$SECRET'),
  })
  const { verdict, findings, variants, reason } = await judge(async () => {
    const overTls = await callsOverTls(kit)
    await kit.verify.each(placesToCallInClear(kit), (place) => isDeafInClear(kit, overTls, place))
    await kit.verify.each(answersOverTls(kit, overTls), (answer) => keepsToTls(kit, answer))
  })
  return {
    ...{ verdict, reason },
    found: findings.map(({ variant, severity }) => `${variant}: ${severity}`),
    states: Object.fromEntries(variants.map(({ name, state }) => [name, state])),
    clear: requests.filter(({ origin }) => origin.startsWith('http:')),
  }
}

const port = 'the port of the API'

test('nobody listens, somebody refuses, or asks for TLS in the words of the API', async () => {
  const nginx = { status: 400, headers: [['content-type', 'text/html']], body: '<h1>400</h1>' } as const
  const required = { ...unknown('1'), body: '{"error":{"code":"tls_required","request":"1"}}' }
  for (const answer of [null, nginx, required, { ...nginx, status: 200 }])
    expect((await judged({ inClear: () => answer })).verdict).toBe('pass')
})

test('a call that is carried out in clear on this machine is high', async () => {
  const serves = (request: HttpRequest) =>
    request.headers.some(([, value]) => value === live) ? mine : unknown('2')
  const { found, clear } = await judged({ inClear: serves })
  expect(found).toEqual([`${port}: high`])
  expect(clear).toHaveLength(2)
  // Somebody else has another name for himself.
  expect((await judged({ inClear: () => ({ ...mine, body: '{"id":"u2","role":"Admin"}' }) })).found).toEqual([
    `${port}: high`,
  ])
})

test('beyond this machine no secret goes out in clear, and what looked at the made-up one is medium', async () => {
  const { found, clear } = await judged({ url: 'https://api.shop.example:8443', inClear: () => unknown('3') })
  expect(found).toEqual([`${port}: medium`])
  expect(clear).toHaveLength(1)
  expect(JSON.stringify(clear)).not.toMatch(/live_secret|gateway/)
  const inPath = await judged({ url: 'https://api.shop.example:8443', path: '/sk_live_secret' })
  expect(inPath).toMatchObject({ verdict: 'unproven', clear: [] })
})

test('a call that is led on to TLS is medium, one that is led elsewhere is none', async () => {
  const to = (location: string): Answer => ({ status: 308, headers: [['location', location]], body: '' })
  expect((await judged({ inClear: () => to('https://127.0.0.1/me') })).found).toEqual([`${port}: medium`])
  expect((await judged({ inClear: () => to('/login') })).verdict).toBe('pass')
})

test('an error says nothing', async () => {
  const broken = { status: 503, body: '' }
  expect((await judged({ inClear: () => broken })).verdict).toBe('unproven')
  const atStrangers = (request: HttpRequest) =>
    request.headers.some(([, value]) => value === live) ? mine : broken
  expect((await judged({ overTls: atStrangers })).verdict).toBe('unproven')
})

test('port 80 is called beside port 443, where the permission names it', async () => {
  const both = await judged({ url: 'https://api.shop.example', scope: ['api.shop.example'] })
  expect(both.states).toMatchObject({ [port]: 'held', 'port 80': 'held' })
  expect(both.clear.map(({ origin }) => origin)).toEqual([
    'http://api.shop.example:443',
    'http://api.shop.example:80',
  ])
  const one = await judged({ url: 'https://api.shop.example', scope: ['api.shop.example:443'] })
  expect(one.states).toMatchObject({ [port]: 'held', 'port 80': 'not-applicable' })
  expect(one.clear).toHaveLength(1)
})

test('an API without TLS is judged by its call, unless its network is its own', async () => {
  for (const url of ['http://127.0.0.1:8080', 'http://api:8080', 'http://10.0.0.8', 'http://api.internal'])
    expect((await judged({ url })).verdict).toBe('not-applicable')
  const { found, clear } = await judged({ url: 'http://api.shop.example', inClear: () => mine })
  expect(found).toEqual([`${port}: high`])
  // As the profile has it called anyway.
  expect(clear.map(({ origin }) => origin)).toContain('http://api.shop.example')
})

test('HSTS is missing or short, and weighs more where browsers go', async () => {
  const short = { overTls: () => ({ ...mine, headers: [json] }) }
  const [accepts, refuses] = ['HSTS of what the API accepts', 'HSTS of what the API refuses']
  expect((await judged(short)).found).toEqual([`${accepts}: low`, `${refuses}: low`])
  expect((await judged({ ...short, pages: { account: { url: '/account' } } })).found).toEqual([
    `${accepts}: medium`,
    `${refuses}: medium`,
  ])
  const pages = { www: { url: 'https://www.shop.example/' }, old: { url: 'http://www.shop.example/' } }
  const elsewhere = await judged({
    pages,
    overTls: (request) => (request.origin === 'https://www.shop.example' ? { ...mine, headers: [] } : mine),
  })
  expect(elsewhere.found).toEqual(['HSTS of page www: medium'])
})
