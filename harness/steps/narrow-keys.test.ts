import { expect, test } from 'vitest'
import { field, type Recorded, type Scripted } from '../api/recording-target.testing.ts'
import { judgedOver } from './judged-ground.testing.ts'
import { keyHolders } from './key-holders.ts'
import { calledByKeys } from './scope-cells.ts'

const rights: Readonly<Record<string, readonly string[]>> = {
  'key-of-admin': ['read', 'write', 'manage'],
  'key-of-reader': ['read'],
  'key-of-writer': ['write'],
  'key-of-manager': ['manage'],
}

/** Keys that stay in the list when they are revoked; none is made or rotated that may more than who asks. */
function keysApi({ open, closed }: { readonly open?: string; readonly closed?: string }) {
  const keys = new Map<string, { id: string; name: string; scopes: string[]; revoked: boolean }>()
  return (request: Recorded): Scripted => {
    const [, token = ''] = (field(request, 'authorization') ?? '').split(' ')
    const own = rights[token]
    if (own === undefined) return { status: 401 }
    if (request.path === '/me') return { body: { id: token } }
    const [, , id = '', verb = ''] = request.path.split('/')
    const call = request.method === 'POST' ? (id === '' ? 'create' : verb) : request.method
    const asks = request.path.startsWith('/notes') ? (request.method === 'GET' ? 'read' : 'write') : 'manage'
    const isClosed = asks === 'manage' && call === closed && token !== 'key-of-admin'
    const isOpen = (asks === 'manage' && call === open) || (own.includes(asks) && !isClosed)
    if (!isOpen) return { status: 403 }
    if (asks !== 'manage') return { body: { data: [] } }
    const known = keys.get(id)
    const body = request.body === '' ? {} : JSON.parse(request.body)
    if (call === 'create') {
      if (!body.scopes.every((scope: string) => own.includes(scope))) return { status: 403 }
      const made = { ...body, id: `k${keys.size}`, revoked: false }
      keys.set(made.id, made)
      return { status: 201, body: { id: made.id } }
    }
    if (id === '') return { body: { data: [...keys.values()] } }
    if (known === undefined) return { status: 404 }
    if (call === 'GET') return { body: known }
    if (known.revoked) return { status: 404 }
    if (call === 'DELETE') known.revoked = true
    else if (!known.scopes.every((scope) => own.includes(scope))) return { status: 403 }
    return { body: call === 'rotate' ? { secret: `s-${Math.random()}` } : {} }
  }
}

const profile = `
principals:
  admin: {tenant: acme, bearer: "\${env:ADMIN}"}
  reader: {tenant: acme, scopes: [read], bearer: "\${env:READER}"}
  writer: {tenant: acme, scopes: [write], bearer: "\${env:WRITER}"}
  manager: {tenant: acme, scopes: [manage], bearer: "\${env:MANAGER}"}
scopes:
  read: [contact.list]
  write: [contact.create]
  manage: [key.list, key.get, key.create, key.revoke, key.rotate]
operations:
  principal.get: {method: GET, path: /me, result: {id: body.id}}
  contact.list: {method: GET, path: /notes, result: {items: body.data}}
  contact.create: {method: POST, path: /notes, body: '{"email": email}'}
  key.list: {method: GET, path: /keys, result: {items: body.data}}
  key.get: {method: GET, path: '/keys/{id}'}
  key.create: {method: POST, path: /keys, body: '{"name": name, "scopes": scopes}', result: {id: body.id}}
  key.revoke: {method: DELETE, path: '/keys/{id}'}
  key.rotate: {method: POST, path: '/keys/{id}/rotate', result: {secret: body.secret}}
mail: {from: a@shop.test, recipients: {route: relay}}
`
const env = {
  ...{ ADMIN: 'key-of-admin', READER: 'key-of-reader' },
  ...{ WRITER: 'key-of-writer', MANAGER: 'key-of-manager' },
}

async function found(manners: Parameters<typeof keysApi>[0]): Promise<string[]> {
  const { findings } = await judgedOver({ profile, env, answer: keysApi(manners) }, (kit) =>
    kit.verify.each(calledByKeys(kit, keyHolders(kit)), ({ judge }) => judge()),
  )
  return findings.map(({ variant, severity }) => `${variant}: ${severity}`).sort()
}

test('a key gets one of its own scopes, where the table has another that grants no more', async () => {
  const wider = profile
    .replace('  read: [contact.list]', '  look: [contact.list]\n  read: [contact.list]')
    .replace('  write: [contact.create]', '  write: [contact.create, contact.list]')
  const found = async (manners: Parameters<typeof keysApi>[0]) => {
    const scene = { profile: wider, env, answer: keysApi(manners) }
    const { findings } = await judgedOver(scene, (kit) =>
      kit.verify.each(calledByKeys(kit, keyHolders(kit)), ({ judge }) => judge()),
    )
    return findings.map(({ variant }) => variant).filter((variant) => variant?.includes('key.'))
  }
  expect(await found({})).toEqual([])
  expect((await found({ open: 'create' })).sort()).toEqual([
    'reader, (read) tries key.create',
    'writer, (write) tries key.create',
  ])
})

test('whoever keeps to its table of scopes passes', async () => {
  expect(await found({})).toEqual([])
})

test.each(['create', 'rotate'])(
  'that keys need no right to %s is found, where no key gets more than whoever asks has',
  async (open) => {
    expect(await found({ open })).toEqual([
      `reader, (read) tries key.${open}: critical`,
      `writer, (write) tries key.${open}: critical`,
    ])
  },
)

test.each(['create', 'rotate', 'DELETE'])(
  'so is that a key may not %s keys, though its scope says so',
  async (closed) => {
    const name = closed === 'DELETE' ? 'revoke' : closed
    expect(await found({ closed })).toEqual([`manager, (manage) may key.${name}: low`])
  },
)
