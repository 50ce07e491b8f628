import { randomUUID } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test, vi } from 'vitest'
import { type Recorded, type Scripted, startRecordingTarget } from '../api/recording-target.testing.ts'
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
      const made = { ...JSON.parse(body), id: randomUUID() }
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
async function judged(operations: string) {
  const target = await startRecordingTarget(openApi())
  try {
    return await inPlace(async ({ folder, out, postern, report }) => {
      const file = path.join(folder, 'target.yaml')
      const lines = [
        `{name: open, target: {url: '${target.url}'}, principals: {admin: {none: true}}, operations: {`,
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
