import { randomUUID } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test, vi } from 'vitest'
import { field, type Recorded, type Scripted, startRecordingTarget } from '../api/recording-target.testing.ts'
import { decodeJwt, forgeJwt, hmac } from '../probes/jwt.ts'
import { inPlace } from '../runner/spawned.testing.ts'

// Whole runs, on machines that may have little to run them on.
vi.setConfig({ testTimeout: 120_000 })

/** An API that asks nobody who he is. */
function openApi() {
  const contacts = new Map<string, object>()
  return ({ method, path: asked, body }: Recorded): Scripted => {
    const [, kind, id = ''] = asked.split('/')
    if (kind === 'status') return { body: { up: true, region: 'eu-central-1' } }
    if (kind !== 'contacts') return { status: 404 }
    if (method === 'POST') {
      const made = { ...JSON.parse(body || '{}'), id: randomUUID() }
      contacts.set(made.id, made)
      return { body: made }
    }
    if (id === '') return { body: { data: [...contacts.values()] } }
    const contact = contacts.get(id)
    if (method === 'DELETE') contacts.delete(id)
    return contact === undefined ? { status: 404 } : { body: contact }
  }
}

const contacts = `
  contact.create: {method: POST, path: /contacts, body: '{"email": email, "name": name}', result: {id: body.id}}
  contact.list: {method: GET, path: /contacts, result: {items: body.data}}
  contact.get: {method: GET, path: '/contacts/{id}'}
  contact.delete: {method: DELETE, path: '/contacts/{id}'}`

/** What the check says of it, by a profile that says the same. */
async function judged(
  operations: string,
  principals = 'admin: {none: true}',
  answer: (request: Recorded) => Scripted = openApi(),
) {
  const target = await startRecordingTarget(answer)
  try {
    return await inPlace(async ({ folder, out, postern, report }) => {
      const file = path.join(folder, 'target.yaml')
      const lines = [
        `{name: open, target: {url: '${target.url}'}, principals: {${principals}}, operations: {`,
        ...operations
          .split('\n')
          .filter(Boolean)
          .map((line) => `${line},`),
        `}, mail: {from: a@shop.test, recipients: {route: relay}}}`,
      ]
      await writeFile(file, lines.join('\n'))
      const { stdout, stderr } = await postern([
        ...['run', '--target', file, '--reach', 'intrusive', '--out', out, '--check', 'auth/anon-access'],
      ]).ended
      const [outcome] = (await report()).outcomes
      return { said: stdout + stderr, outcome }
    })
  } finally {
    await target.close()
  }
}

test('what is private by its kind is open to nobody in particular, also where the profile says that nobody is asked', async () => {
  const { said, outcome } = await judged(contacts)
  expect({ said, outcome }).toMatchObject({ outcome: { verdict: 'fail' } })
  const found = outcome?.findings.map(({ operation, severity, variant }) => ({
    operation,
    severity,
    variant,
  }))
  expect(found).toHaveLength(4)
  for (const operation of ['contact.create', 'contact.list', 'contact.get', 'contact.delete'])
    expect(found).toContainEqual({ operation, severity: 'critical', variant: operation })
})

test('what nobody says to be private may be open', async () => {
  const { said, outcome } = await judged('  status.get: {method: GET, path: /status}')
  expect({ said, outcome }).toMatchObject({ outcome: { verdict: 'not-applicable', findings: [] } })
})

const withKey = `admin: {bearer: "\${random:key}"}, anonymous: {none: true}`

test('a list that nobody has to sign in for is open, also where other calls take a credential and the profile says so', async () => {
  const { said, outcome } = await judged(
    `  contact.create: {method: POST, path: /contacts, as: admin, body: '{"email": email, "name": name}', result: {id: body.id}}
  contact.list: {method: GET, path: /contacts, as: anonymous, result: {items: body.data}}
  contact.get: {method: GET, path: '/contacts/{id}', as: anonymous}`,
    withKey,
  )
  expect({ said, outcome }).toMatchObject({ outcome: { verdict: 'fail' } })
  const found = outcome?.findings.map(({ operation, severity }) => `${operation} ${severity}`)
  // What is read by an id alone may be open to whoever has been told it.
  expect(new Set(found)).toEqual(new Set(['contact.create critical', 'contact.list critical']))
})

test('who asks for a credential and takes any is found out by one that nobody has', async () => {
  const answer = openApi()
  const { said, outcome } = await judged(contacts, withKey, (request) =>
    field(request, 'authorization')?.startsWith('Bearer ') ? answer(request) : { status: 401 },
  )
  expect({ said, outcome }).toMatchObject({ outcome: { verdict: 'fail' } })
  const found = outcome?.findings.map(({ operation, variant }) => [operation, variant])
  expect(found).toContainEqual(['contact.list', 'a made-up bearer token'])
})

test('where one route reads tokens and verifies none, one with a broken signature shows it', async () => {
  const live = forgeJwt({ alg: 'HS256' }, { sub: 'ann' }, hmac('HS256', 'a key of this test alone'))
  vi.stubEnv('LIVE_TOKEN', live)
  const byToken = (takes: (token: string, request: Recorded) => boolean) => {
    const answer = openApi()
    return (request: Recorded): Scripted => {
      const [, token] = /^Bearer (.*)$/.exec(field(request, 'authorization') ?? '') ?? []
      return token !== undefined && takes(token, request) ? answer(request) : { status: 401 }
    }
  }
  const found = async (takes: Parameters<typeof byToken>[0]) => {
    const { outcome } = await judged(
      contacts,
      `admin: {bearer: "\${env:LIVE_TOKEN}"}, anonymous: {none: true}`,
      byToken(takes),
    )
    return outcome?.findings.map(({ variant }) => variant).toSorted()
  }
  const reads = (token: string) => decodeJwt(token)?.payload['sub'] === 'ann'
  expect(await found((token) => token === live)).toEqual([])
  expect(await found((token, { method }) => (method === 'GET' ? reads(token) : token === live))).toEqual([
    'contact.get, a token with a broken signature',
    'contact.list, a token with a broken signature',
  ])
})

test('a field of the target’s own in which nothing is shown, or null, is no credential', async () => {
  const inField = `admin: {headers: {X-Api-Key: "\${random:key}"}}, anonymous: {none: true}`
  const byKey = (takes: (key: string | undefined) => boolean) => {
    const answer = openApi()
    return (request: Recorded): Scripted => {
      const key = field(request, 'x-api-key')
      return takes(key) || (key?.length ?? 0) > 20 ? answer(request) : { status: 401 }
    }
  }
  const found = async (takes: Parameters<typeof byKey>[0]) => {
    const { outcome } = await judged(contacts, inField, byKey(takes))
    const variants = outcome?.findings.flatMap(({ variant }) => variant ?? []) ?? []
    return variants.filter((variant) => !variant.startsWith('a made-up'))
  }
  expect(await found(() => false)).toEqual([])
  expect(await found((key) => key === '')).toEqual(['an empty credential in X-Api-Key'])
  expect(await found((key) => key === 'null')).toEqual(['null as credential in X-Api-Key'])
})
