import { expect, test } from 'vitest'
import { withProfileFile } from '../api/recording-target.testing.ts'
import { placeOf, places } from './places.ts'
import { type Profile, ProfileError, readProfile, resolveProfile } from './profile.ts'
import { profileWith, type SchemaPlace, schemaPlaces, spellings } from './schema-places.testing.ts'

const url = 'http://127.0.0.1:1'
const canary = 'cA/nArY+7f3e&9a'
const env = { KEY: 'k-1234567', CANARY: canary }
const all = schemaPlaces()
const nameOf = ({ steps }: SchemaPlace) => steps.join('.')

/**
 * The profile with the canary there by reference: `null` where none is allowed, and without secrets where the canary is none
 * of what can stand there, such as a port.
 */
async function withCanary(place: SchemaPlace): Promise<Pick<Profile, 'secrets'> | null> {
  let taken: Pick<Profile, 'secrets'> | null = null
  for (const spelling of spellings) {
    const text = JSON.stringify(profileWith(place, spelling, url))
    try {
      await withProfileFile(text, async (file) => {
        const document = await readProfile(file)
        taken ??= { secrets: [] }
        taken = await resolveProfile(document, env)
      })
      return taken
    } catch (error) {
      if (!(error instanceof ProfileError)) throw error
    }
  }
  return taken
}

test('the schema and the table know the same places', () => {
  expect(all.length).toBeGreaterThan(140)
  const dead = Object.values(places)
    .flat()
    .filter((pattern) => !all.some(({ steps }) => covers(pattern.split('.'), steps)))
  expect(dead).toEqual([])
  const credentials = all.filter((place) => placeOf(concrete(place)) === 'credential').map(nameOf)
  expect(credentials.sort()).toEqual(
    all
      .filter(({ secret }) => secret)
      .map(nameOf)
      .sort(),
  )
})

function covers(pattern: readonly string[], steps: readonly string[]): boolean {
  return steps.every((step, i) => {
    const wanted = pattern.at(-1) === '**' && i >= pattern.length - 1 ? '**' : pattern[i]
    return wanted === '**' || wanted === '*' || wanted === step || (step === '*' && wanted !== undefined)
  })
}

function concrete({ steps }: SchemaPlace): string[] {
  return steps.map((step) => (step === '*' ? 'any' : step))
}

const urls = ['openapi', 'target.url', 'pages.*.at', 'oauth.metadata', 'oauth.origins.*']

test('what comes from a reference is a secret everywhere, but where the table shows it', async () => {
  const refusing: string[] = []
  const wrong: string[] = []
  for (const place of all.filter(({ text }) => text)) {
    const profile = await withCanary(place)
    if (profile === null) {
      refusing.push(nameOf(place))
      continue
    }
    const isSecret = profile.secrets.some(({ value }) => value === canary)
    const word = placeOf(concrete(place))
    // No URL comes of the canary: most such places do not take it, and one takes a file as well, which is shown.
    const shown = word === 'shown' || urls.includes(nameOf(place))
    if (isSecret === shown) wrong.push(nameOf(place))
  }
  expect(wrong).toEqual([])
  // The rest of the schema takes references, and was looked at.
  expect(refusing).toMatchInlineSnapshot(`
    [
      "extends",
      "authorization.until",
      "principals.*.role",
      "principals.*.scopes.*",
      "principals.*.values.*.operation",
      "principals.*.session.operation",
      "principals.*.session.code.request",
      "operations.*.method",
      "operations.*.as",
      "operations.*.inputs.*",
      "operations.*.current",
      "operations.*.steps.*.method",
      "operations.*.steps.*.undo.operation",
      "operations.*.afterwards.*.method",
      "operations.*.undo.operation",
      "pages.*.as",
      "policies.limits.send.principal",
      "policies.webhooks.scheme.headers.*",
      "policies.webhooks.scheme.message",
      "policies.webhooks.receiver",
      "roles.*.*.operation",
      "roles.*.*",
      "scopes.*.*.operation",
      "scopes.*.*",
      "ingest.scheme.headers.*",
      "ingest.scheme.message",
      "mcp.tools.*.operation",
      "dashboard.change.page",
      "dashboard.change.makes",
      "sandbox.mailpit.smtp",
      "zap.url",
      "zap.principal",
    ]
  `)
})

const sound = (target: string, more = '') => `name: a target
target: {url: '${target}'}
principals: {sender: {bearer: '\${env:KEY}'}}
operations: {message.send: {method: POST, path: /send}}
mail: {from: 'a@\${env:ZONE}'}
${more}`

const secretsOf = (yaml: string, values: Record<string, string>) =>
  withProfileFile(yaml, async (file) => {
    const { secrets } = await resolveProfile(await readProfile(file), values)
    return secrets.map(({ name }) => name).sort()
  })

test.for([
  ['a host', 'http://{X}', 'localhost:1', []],
  ['a part of a host', 'http://127.0.0.{X}:1', '1', []],
  ['all of it', '{X}', 'http://127.0.0.1:1/api', []],
  ['all of it, with a query', '{X}', 'http://127.0.0.1:1/?key=abcd', ['X']],
  ['a path', 'http://127.0.0.1:1/bot{X}', '12345678', ['X']],
  ['a path after a host', '{HOST}/bot{X}', '12345678', ['X']],
  ['a query', 'http://127.0.0.1:1?key={X}', '12345678', ['X']],
  ['a password', 'http://user:{X}@127.0.0.1:1', '12345678', ['X']],
] as const)('of a URL what stands behind host and port is a secret: %s', async ([, url, value, secrets]) => {
  const values = { KEY: 'k-1234567', ZONE: 'b.test', HOST: 'http://127.0.0.1:1', X: value }
  const yaml = sound(url.replace(/\{(\w+)\}/g, `\${env:$1}`))
  expect(await secretsOf(yaml, values)).toEqual(['KEY', ...secrets])
})

test('what is shown in one place is no secret in another, unless that is a credential', async () => {
  const more = `jwt: {signingKey: '\${env:KEY}', issuer: '\${env:KEY}'}\n`
  const yaml = sound('http://127.0.0.1:1', more).replace(
    'path: /send',
    `path: '/\${env:ZONE}/send/\${env:X}'`,
  )
  const values = { KEY: 'k-1234567', ZONE: 'b.test', X: 'x-1234567' }
  expect(await secretsOf(yaml, values)).toEqual(['KEY', 'X'])
})

test('what the driver hands on is a secret, as far as it is known and could be hidden', async () => {
  const command = `command: {run: ['\${env:A}'], environment: {B: '\${random:b}', C: '\${env:C}', D: '\${sandbox:key}', E: '\${env:E}'}}`
  const yaml = sound('http://127.0.0.1:1').replace("'}\nprincipals", `', ${command}}\nprincipals`)
  const values = { KEY: 'k-1234567', ZONE: 'b.test', A: 'a-1234567', 'random:b': 'b-1234567', E: '1' }
  expect(await secretsOf(yaml, values)).toEqual(['A', 'KEY', 'RANDOM_B'])
})

test('a secret that no report could hide is refused, and not shown', async () => {
  const yaml = sound('http://127.0.0.1:1').replace('path: /send', `path: /send, headers: {X: '\${env:X}'}`)
  const refusal = (values: Record<string, string>) =>
    secretsOf(yaml, values).then(
      () => 'nothing',
      (error: Error) => error.message.replace(/^\S+ /gm, ''),
    )
  expect(await refusal({ KEY: 'k-1234567', ZONE: 'b.t', X: 'abcd' })).toBe('nothing')
  expect(await refusal({ KEY: 'xyz\n', ZONE: 'b.t', X: 'xyz' })).toBe(
    `principals.sender.bearer: expected at least 4 characters in KEY; seen fewer, which no report could hide; test with a longer one
operations.message.send.headers.X: expected at least 4 characters in X; seen fewer, which no report could hide; write it into the profile itself if it is no secret, and make it longer if it is one`,
  )
})

test('a header field whose name is exec is no command', async () => {
  const fields = `{exec: 'touch \${env:KEY}'}`
  const yaml = sound('http://127.0.0.1:1')
    .replace("1'}", `1', headers: ${fields}}`)
    .replace('bearer:', `headers: ${fields}}, other: {bearer:`)
  await withProfileFile(yaml, async (file) => {
    const profile = await resolveProfile(await readProfile(file), { KEY: 'k-1234567', ZONE: 'b.test' })
    expect([profile.target.headers, profile.principals['sender']?.headers]).toEqual([
      { exec: 'touch k-1234567' },
      { exec: 'touch k-1234567' },
    ])
  })
})

test('an expression that breaks by what is filled in is not quoted', async () => {
  const yaml = sound('http://127.0.0.1:1').replace('path: /send', `path: /send, body: '[\${env:X}]'`)
  await expect(secretsOf(yaml, { KEY: 'k-1234567', ZONE: 'b.test', X: 'se"cret(7' })).rejects.toThrow(
    expect.objectContaining({ message: expect.not.stringMatching(/se"|cret/) }),
  )
})
