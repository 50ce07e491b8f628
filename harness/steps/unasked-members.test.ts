import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import type { Recorded, Scripted } from '../api/recording-target.testing.ts'
import { judgedOver } from './judged-ground.testing.ts'
import { takesNothingUnasked } from './unasked-members.ts'

interface Manners {
  /** Members that are written as they come, beside what the API itself sets. */
  readonly takes?: readonly string[]
  readonly strict?: boolean
  /** An answer to a write says what was written to it, whatever became of it. */
  readonly echoes?: boolean
  /** Everybody is an admin from the second look on. */
  readonly grows?: boolean
  readonly breaks?: boolean
  /** What is in camel case is bound to the member of that name in snake case. */
  readonly binds?: boolean
}

const snakeCase = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

function usersApi({
  takes = [],
  strict = false,
  echoes = false,
  grows = false,
  breaks = false,
  binds = false,
}: Manners) {
  const rows = new Map<string, Record<string, unknown>>()
  let looks = 0
  return (request: Recorded): Scripted => {
    const [, , id = ''] = request.path.split('/')
    if (request.path === '/openapi.json') return { status: 404 }
    if (request.method === 'GET') {
      const row = rows.get(id)
      return row === undefined
        ? { status: 404 }
        : { body: { data: { ...row, ...(grows && looks++ > 0 && { is_admin: true }) } } }
    }
    const body: Record<string, unknown> = JSON.parse(request.body)
    if (strict && Object.keys(body).some((name) => !['email', 'name', ...takes].includes(name)))
      return breaks ? { status: 500 } : { status: 422 }
    const own = { id: randomUUID(), is_admin: false, account_id: 'acc-1', credits: 5, status: 'new' }
    const taken = Object.fromEntries(
      takes.filter((name) => name in body).map((name) => [binds ? snakeCase(name) : name, body[name]]),
    )
    const made = { email: body['email'], name: body['name'], ...own, ...taken }
    rows.set(made.id, made)
    return { status: 201, body: echoes ? { ...made, ...body, id: made.id } : { id: made.id } }
  }
}

const profile = `
principals:
  admin: {values: {account_id: acc-1}, bearer: "\${env:ADMIN}"}
  neighbour: {values: {account_id: acc-2}, bearer: "\${env:NEIGHBOUR}"}
operations:
  contact.create: {method: POST, path: /contacts, body: '{"email": email, "name": name}', result: {id: body.id}}
  contact.get: {method: GET, path: '/contacts/{id}'}
mail: {from: a@shop.test, recipients: {route: relay}}
`
const env = { ADMIN: 'key-of-admin', NEIGHBOUR: 'key-of-neighbour' }

async function judged(manners: Manners) {
  const { verdict, findings, reason } = await judgedOver({ profile, env, answer: usersApi(manners) }, (kit) =>
    takesNothingUnasked('contact.create', kit),
  )
  return { verdict, reason, found: findings.map(({ variant, severity }) => `${variant}: ${severity}`) }
}

test('who takes nothing unasked passes, whether other members are refused, repeated or broken on', async () => {
  for (const manners of [{}, { strict: true }, { echoes: true }, { strict: true, breaks: true }])
    expect(await judged(manners)).toMatchObject({ verdict: 'pass', found: [] })
})

test('what a later read shows as the caller wrote it is found', async () => {
  const takes = ['is_admin', 'account_id', 'status']
  const found = ['is_admin: medium', 'account_id: medium']
  // What a status is, and whether a caller may set it, only a document says.
  expect(await judged({ takes })).toMatchObject({ verdict: 'fail', found })
  expect(await judged({ takes, strict: true })).toMatchObject({ found })
})

test('a member that is taken by its name in another case is found', async () => {
  for (const strict of [false, true])
    expect(await judged({ takes: ['isAdmin', 'accountId'], binds: true, strict })).toMatchObject({
      verdict: 'fail',
      found: ['isAdmin: medium', 'accountId: medium'],
    })
})

test('what becomes so by itself is not taken for what was written', async () => {
  expect(await judged({ grows: true })).toMatchObject({
    verdict: 'unproven',
    reason: expect.stringContaining('is_admin of what nobody touched became the same'),
    found: [],
  })
})
