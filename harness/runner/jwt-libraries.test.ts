import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, test, vi } from 'vitest'
import { checkFiles } from './checks.ts'
import { judgedLibrary } from './judged-library.testing.ts'
import { startWorld, type World } from './world.ts'

// Machines that do much else are slow to bring so many programs up.
vi.setConfig({ maxConcurrency: 4, testTimeout: 300_000, hookTimeout: 300_000 })

vi.mock('../check/check.ts', () => import('./declared.testing.ts'))

let world: World

beforeAll(async () => {
  const target = fileURLToPath(new URL('../../fixtures/targets/jwt-api.yaml', import.meta.url))
  world = await startWorld({ target, reach: 'disruptive', seed: 1 })
  for (const [id, file] of await checkFiles()) if (id.startsWith('auth/jwt-')) await import(file)
})
afterAll(async () => world.close())

/** By the end of its id, what a check finds, a line each; or `not-applicable`; or why it is unproven. What is not there passes. */
type Found = Readonly<Record<string, readonly string[] | string>>

// Neither jsonwebtoken nor an old fast-jwt minds RFC 7515 §4.1.11.
const crit = 'low: with an unknown critical extension'
const byHmac = { 'key-confusion': 'not-applicable' }
const otherParties = [
  ...['a list of issuers', 'an issuer whose name goes on', 'another issuer', 'for another service'],
  ...['for a service whose name ends so', 'for a service whose name goes on'],
  ...['without audience', 'without issuer'],
]
const lately = 'low: expired two minutes ago'
const pastEnd = ['exp as text', 'expired', lately, 'negative exp']
const filesOfAll = { ...byHmac, 'kid-inject': ['a file', 'a file above', 'a file of one line'] }
// The others take no empty secret.
const fileOfALine = { ...byHmac, 'kid-inject': ['a file of one line'] }
const rows = { ...byHmac, 'kid-inject': ['a row of the query', 'an unknown key id, as undefined'] }
const keyInToken = ['ES256', 'RS256'].flatMap((alg) =>
  ['a key in it (jwk)', 'a key in it, by its own id'].map((name) => `${alg}, ${name}`),
)
const keyAtAddress = ['', 'medium: '].flatMap((severity) =>
  ['ES256', 'RS256'].map((alg) => `${severity}${alg}, the address of a key (jku)`),
)
const nothingVerified = {
  'alg-none': [
    ...[
      'absent',
      'capitalised',
      'empty',
      'lower-case',
      'mixed-case',
      'null',
      'trailing-space',
      'upper-case',
    ].flatMap((alg) => ['empty', 'old'].map((form) => `alg ${alg}, ${form} signature`)),
    ...['an unknown key id', 'no key id'].map((kid) => `alg lower-case, empty signature, ${kid}`),
  ].toSorted(),
  claims: [...otherParties, ...pastEnd, crit, 'not yet valid'].toSorted(),
  'header-key': 'a token signed by a key of ours was accepted',
  'key-confusion': 'a token signed by a random HMAC key was accepted',
  'kid-inject': 'a token signed by a random key was accepted',
  'sig-invalid': [
    ...['a signature cut by four characters', 'a signature of zeros', 'a signature with another bit'],
    ...['its signature under a later end', 'no signature', 'the signature of another token'],
  ],
  'weak-secret': 'a token signed by a random secret was accepted',
}

/** What comes of each way of calling each library, as `fixtures/targets/jwt-api.md` tells. */
const table: Readonly<Record<string, Readonly<Record<string, Found>>>> = {
  'jsonwebtoken-8': {
    pinned: { claims: [crit] },
    'as-in-the-first-example': { claims: [...otherParties, crit, 'without exp'].toSorted() },
    'both-algorithms': { claims: [crit], 'key-confusion': ['HS256 with pem-spki'] },
    'none-allowed': { claims: [crit] },
    'no-key-for-unknown-ids': {
      'alg-none': nothingVerified['alg-none'].filter((name) => name.endsWith(' key id')),
      claims: [crit],
    },
    'ignores-expiry': { claims: [...pastEnd, crit].toSorted() },
    'kid-as-path': { ...filesOfAll, claims: [crit] },
    'key-in-token': { claims: [crit], 'header-key': keyInToken },
  },
  'jsonwebtoken-9': {
    pinned: { claims: [crit] },
    'both-algorithms': { claims: [crit] },
    'none-allowed': { claims: [crit] },
    'no-key-for-unknown-ids': { claims: [crit] },
    'weak-secret': { ...byHmac, claims: [crit], 'weak-secret': [''] },
    'kid-in-sql': { ...rows, claims: [crit] },
    'key-at-address': { claims: [crit], 'header-key': keyAtAddress },
    decodes: nothingVerified,
  },
  jose: {
    ...{ pinned: {}, 'both-algorithms': {}, 'none-allowed': {} },
    'as-in-the-first-example': { claims: [...otherParties, 'without exp'].toSorted() },
    'kid-as-path': fileOfALine,
    'key-in-token': { 'header-key': keyInToken },
    decodes: nothingVerified,
  },
  'fast-jwt': {
    ...{ pinned: {}, 'any-algorithm-pkcs1': {}, 'both-algorithms': {} },
    'expects-what-is-there': { claims: ['without audience', 'without issuer'] },
    'ignores-expiry': { claims: pastEnd },
    'kid-in-sql': rows,
  },
  'fast-jwt-3': {
    pinned: { claims: ['a list of issuers', crit] },
    'kid-as-path': { ...filesOfAll, claims: ['a list of issuers', crit] },
  },
}
const cases = Object.entries(table).flatMap(([library, ways]) =>
  Object.entries(ways).map(([way, expected]) => [library, way, expected] as const),
)

test.concurrent.for(cases)(
  '%s, %s: each check finds what is there, and nothing else',
  async ([library, way, expected], { expect }) => {
    const found = await judgedLibrary(world, library, way)
    const byEnd = Object.entries(found).map(([id, what]) => [id.replace('auth/jwt-', ''), what])
    expect(Object.fromEntries(byEnd)).toEqual(expected)
  },
)
