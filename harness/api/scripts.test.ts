import { execFile } from 'node:child_process'
import { expect, test } from 'vitest'
import { scriptText } from '../shell.ts'
import { type Recorded, type Scripted, withApi } from './recording-target.testing.ts'

const env = { PASSWORD: 'p4ssw0rd', myKey: 'sk_live_12345' }
const profile = `
principals:
  admin: {session: {input: {email: a@x.test, password: '\${env:PASSWORD}'}}}
  cook: {session: {cookies: true, input: {email: c@x.test, password: '\${env:PASSWORD}'}}}
  sender: {bearer: '\${env:myKey}'}
operations:
  session.create: {method: POST, path: /session, body: '{"email": email, "password": password}', result: {token: body.token}}
  contact.create: {method: POST, path: /contacts, as: admin, body: '{"email": email}', result: {id: body.id}}
  contact.update: {method: PATCH, path: '/contacts/{id}', as: admin, body: '{"email": email}'}
  contact.get: {method: GET, path: '/contacts/{id}', as: admin, result: {id: body.id, email: body.email}}
  contact.list: {method: GET, path: /contacts, as: admin, query: {search: '{search}'}, result: {items: body.data}}
  contact.delete: {method: DELETE, path: '/contacts/{id}', as: admin}
  key.create: {method: POST, path: /keys, as: admin, body: '{"name": name}', result: {id: body.id, secret: body.secret}}
  key.revoke: {method: DELETE, path: '/keys/{id}', as: admin}
  key.update: {method: PATCH, path: '/keys/{id}', as: admin}
mail: {from: news@shop.test}
`

/** Everything that it gives out is another one each time, and it knows nothing else; names are taken once. */
function strictTarget() {
  let count = 0
  const fresh = (kind: string) => `${kind}-${++count}-4711`
  const known = new Set<string>()
  const gives = (value: string) => {
    known.add(value)
    return value
  }
  const contacts = new Map<string, string>()
  return ({ method, path, headers, body }: Recorded): Scripted => {
    if (path === '/session') {
      const token = gives(fresh('tok'))
      return {
        headers: { 'set-cookie': `sid=${gives(fresh('sid'))}; HttpOnly` },
        body: { token, expires: 'never' },
      }
    }
    const shown = headers.flatMap(([, value]) => value.split(/[ =]/))
    if (![...known, env.myKey].some((secret) => shown.includes(secret))) return { status: 401 }
    const id = /^\/\w+\/([^?]+)/.exec(path)?.[1] ?? ''
    if (path === '/keys')
      return { status: 201, body: { id: gives(fresh('key')), secret: gives(fresh('sec')) } }
    if (path.startsWith('/keys/')) return known.has(id) ? { status: 204, body: '' } : { status: 404 }
    if (method === 'POST') {
      const { email } = JSON.parse(body) as { email: string }
      if ([...contacts.values()].includes(email)) return { status: 409 }
      const made = fresh('con')
      contacts.set(made, email)
      return { status: 201, body: { made: { id: made, list: [1, 2] }, id: made } }
    }
    if (id === '') return { body: { data: [...contacts].map(([key, email]) => ({ id: key, email })) } }
    if (!contacts.has(id)) return { status: 404 }
    if (method === 'PATCH') contacts.set(id, (JSON.parse(body) as { email: string }).email)
    return { body: { id, email: contacts.get(id) } }
  }
}

/** What a shell prints that knows the variables of the profile alone. */
const run = (script: string) =>
  new Promise<string>((resolve, reject) =>
    execFile(
      '/bin/sh',
      ['-eu', '-c', script],
      { env: { ...env, PATH: process.env['PATH'] } },
      (error, stdout, stderr) => (error === null ? resolve(stdout) : reject(new Error(stderr))),
    ),
  )

const canary = 'cafe0123456789abcdef0123456789ab'

test('lines sign in, make what they ask for, and run any number of times', async () => {
  await withApi({ profile, env, answer: strictTarget() }, async ({ api }) => {
    const { result } = await api.call('contact.create', { email: `${canary}@x.test` })
    const exchange = await api.call('contact.get', { id: result?.['id'] })
    const script = scriptText(api.script(exchange, `the answer holds ${canary}`))
    expect(script).toContain('"$PASSWORD"')
    expect(script).not.toMatch(/tok-|con-|p4ss/)
    for (const _ of [1, 2]) {
      const printed = await run(script)
      expect(printed.match(/^HTTP\/1.1 \d+/gm)).toEqual(['HTTP/1.1 200'])
      expect(printed).toContain(canary)
    }
  })
})

test('an id of chance is followed where it has no digit, as one in eight of twelve letters', async () => {
  const known = new Map<string, string>()
  const target = strictTarget()
  const answer = (request: Recorded): Scripted => {
    if (!request.path.startsWith('/contacts')) return target(request)
    const id = /^\/contacts\/(.+)/.exec(request.path)?.[1]
    if (id !== undefined) return known.has(id) ? { body: { id, email: known.get(id) } } : { status: 404 }
    const made = known.size === 0 ? 'p_rVCabbCGTgVA' : `m_LgEEY-tNd${'o'.repeat(known.size)}`
    known.set(made, (JSON.parse(request.body) as { email: string }).email)
    return { status: 201, body: { id: made } }
  }
  await withApi({ profile, env, answer }, async ({ api }) => {
    const { result } = await api.call('contact.create', { email: `${canary}@x.test` })
    const exchange = await api.call('contact.get', { id: result?.['id'] })
    const script = scriptText(api.script(exchange, `the answer holds ${canary}`))
    expect(script).not.toContain('p_rVCabbCGTgVA')
    known.clear()
    known.set('another', '')
    expect(await run(script)).toContain(canary)
  })
})

test('a cookie is taken from the answer to the sign-in, and a key has the name that its user gave it', async () => {
  await withApi({ profile, env, answer: strictTarget() }, async ({ api }) => {
    const byCookie = scriptText(api.script(await api.call('contact.list', {}, 'cook')))
    expect(byCookie).toContain('-H \'cookie: sid=\'"$COOK_SID"')
    expect(await run(byCookie)).toContain('HTTP/1.1 200')
    const byKey = scriptText(api.script(await api.call('contact.list', {}, 'sender')))
    expect(byKey).toContain('"$myKey"')
    expect(await run(byKey)).toContain('HTTP/1.1 200')
  })
})

test('what the finding speaks of is made before, by whoever made it', async () => {
  await withApi({ profile, env, answer: strictTarget() }, async ({ api }) => {
    await api.call('contact.create', { email: `${canary}@x.test` })
    const list = await api.call('contact.list', { search: canary.slice(0, 12) }, 'sender')
    const { before } = api.script(list, `the answer holds ${canary}`)
    expect(before.join('\n')).toMatch(/-X 'POST'.*\/contacts'/)
    const other = api.script(list, 'the answer holds another')
    expect(other.before.join('\n')).toMatch(/-X 'POST'.*\/contacts'/)
  })
})

test('what was used and taken away before is used and taken away, by the id that came with what is shown', async () => {
  await withApi({ profile, env, answer: strictTarget() }, async ({ api }) => {
    const { result } = await api.call('key.create', { name: 'a key' })
    await api.call('contact.get', { id: 'nobody' }, { bearer: String(result?.['secret']) })
    await api.call('contact.list', { search: 'used' }, { bearer: String(result?.['secret']) })
    await api.call('key.revoke', { id: result?.['id'] })
    const exchange = await api.call('contact.list', {}, { bearer: String(result?.['secret']) })
    const script = scriptText(api.script(exchange))
    expect(script).toMatch(/KEY_ID=.*\n(?:.*\n)*curl .*-X 'DELETE' .*\/keys\/'"\$KEY_ID"/)
    expect(script).toMatch(/search=used'\n(?:.*\n)*.*-X 'DELETE'/)
    expect((await run(script)).match(/^HTTP\/1.1 \d+/gm)?.at(-1)).toBe('HTTP/1.1 200')
  })
})

test('what should have ended what is shown is made before it, and who signs in anew is made before that', async () => {
  await withApi({ profile, env, answer: strictTarget() }, async ({ api }) => {
    const email = `${canary}@x.test`
    await api.call('contact.create', { email })
    const { result } = await api.call('session.create', { email, password: 'made for it' })
    const { result: key } = await api.call('key.create', { name: 'a key' })
    const update = await api.call('key.update', { id: key?.['id'] })
    const shown = await api.call('contact.list', {}, { bearer: String(result?.['token']) })
    const [plain, after] = [api.script(shown), api.script(shown, '', { after: update })].map(scriptText)
    expect(plain).not.toContain('PATCH')
    expect(plain).toMatch(/\/contacts'\n(?:.*\n)*.*"made for it"/)
    expect(after).toMatch(
      /KEY_ID=.*\n(?:.*\n)*curl .*-X 'PATCH' .*\/keys\/'"\$KEY_ID"\n(?:.*\n)*.*\/contacts'$/,
    )
    expect((await run(after ?? '')).match(/^HTTP\/1.1 \d+/gm)?.at(-1)).toBe('HTTP/1.1 200')
  })
})

test('where a later call looked at what was done, so does the last line', async () => {
  await withApi({ profile, env, answer: strictTarget() }, async ({ api }) => {
    const { result } = await api.call('contact.create', { email: 'one@x.test' })
    const id = result?.['id']
    const update = await api.call('contact.update', { id, email: 'two@x.test' })
    const look = await api.call('contact.get', { id })
    const elsewhere = await api.call('contact.list', {})
    const { line } = api.script(update, '', { later: [look] })
    expect(line).toMatch(/-X 'GET' .*\/contacts\/'"\$CONTACT_ID"$/)
    expect(api.script(update).line).toMatch(/-X 'PATCH' /)
    expect(api.script(look, '', { later: [elsewhere] }).line).toMatch(/\/contacts\/'"\$CONTACT_ID"$/)
  })
})

test('a call that another process has told of shows who called by the secrets of this one', async () => {
  await withApi({ profile, env, answer: strictTarget() }, async ({ api }) => {
    const exchange = await api.call('contact.list')
    const headers = exchange.request.headers.map(([name, value]) => [name, api.redact(value)] as const)
    const told = { ...exchange, id: 'told', request: { ...exchange.request, headers } }
    expect(JSON.stringify(headers)).toContain('Bearer $ADMIN_TOKEN')
    expect(scriptText(api.script(told))).toMatch(/^ADMIN_TOKEN=.*\ncurl .*"\$ADMIN_TOKEN"/)
    const foreign = [...headers.slice(0, -1), ['authorization', 'Bearer $NOBODY'] as const]
    const { before } = api.script({ ...told, request: { ...told.request, headers: foreign } })
    expect(before).toEqual([": 'no line makes what was shown as CREDENTIAL'"])
  })
})

test('what no line can get out of an answer is said in words', async () => {
  const answer = (request: Recorded): Scripted =>
    request.path === '/session' ? { body: '{"token":"tok\\u002d12345"}' } : {}
  await withApi({ profile, env, answer }, async ({ api }) => {
    const { before } = api.script(await api.call('contact.list'))
    expect(before).toContain(": 'what that gives as token belongs into ADMIN_TOKEN'")
    expect(before.join('\n')).not.toContain('tok-12345')
  })
})
