import { expect, test } from 'vitest'
import { scriptText } from '../shell.ts'
import { cleanUp } from './cleanup.ts'
import { createJournal } from './journal.ts'
import { type Recorded, type Scripted, withApi, zone } from './recording-target.testing.ts'

const ann = `ann@inbox.sound.${zone}`
const env = { ADMIN: 'key-of-admin', OTHER: 'key-of-other' }
const principals = `
principals: {admin: {bearer: '\${env:ADMIN}'}, neighbour: {bearer: '\${env:OTHER}'}}`
const mail = 'mail: {from: news@shop.test}'

/** A draft, its recipient, and the call that sends it. */
const drafts = `${principals}
operations:
  message.send:
    as: admin
    steps:
      - {method: POST, path: /drafts, body: '{"subject": subject, "text": text}', result: {draft: body.id},
         undo: {operation: draft.delete, input: '{"id": result.draft}'}}
      - {method: POST, path: '/drafts/{draft}/recipients', body: '{"to": [to.email]}'}
    method: POST
    path: '/drafts/{draft}/send'
    result: {id: body.id}
  draft.list: {method: GET, path: /drafts, result: {items: body}}
  draft.delete: {method: DELETE, path: '/drafts/{id}'}
${mail}`

const lines = (requests: readonly Recorded[]) => requests.map(({ method, path }) => `${method} ${path}`)
const parsed = (request: Recorded | undefined) => JSON.parse(request?.body || 'null') as unknown
const isOf = ({ headers }: Recorded, key: string) => headers.some(([, value]) => value === `Bearer ${key}`)

const keepsDrafts = ({ method, path }: Recorded): Scripted =>
  method === 'DELETE' ? { status: 204, body: '' } : { body: { id: path === '/drafts' ? 'd/1' : 'm1' } }

test('what a step gives is an input of the next, and the last is the call: a draft is made, addressed and sent', async () => {
  const journal = createJournal()
  await withApi({ profile: drafts, env, answer: keepsDrafts, journal }, async ({ api, requests }) => {
    const exchange = await api.call('message.send', { to: ann, subject: 'Hi', text: 'x' })
    expect(exchange).toMatchObject({ answer: 'accepted', operation: 'message.send', result: { id: 'm1' } })
    expect(exchange.request.path).toBe('/drafts/d%2F1/send')
    expect(lines(requests)).toEqual([
      'POST /drafts',
      'POST /drafts/d%2F1/recipients',
      'POST /drafts/d%2F1/send',
    ])
    expect(requests.slice(0, 2).map(parsed)).toEqual([{ subject: 'Hi', text: 'x' }, { to: [ann] }])
    expect(api.requests).toBe(3)
    expect([api.has('message.send', 'to'), api.has('message.send', 'html')]).toEqual([true, false])
    expect(journal.entries()).toMatchObject([{ undo: { operation: 'draft.delete', input: { id: 'd/1' } } }])
    expect(await cleanUp(api, journal.entries())).toMatchObject({ taken: 1, left: [] })
    expect(lines(requests).at(-1)).toBe('DELETE /drafts/d%2F1')
  })
})

test('what a step gives to prove something by is a secret', async () => {
  const profile = drafts.replace(
    '{draft: body.id}',
    '{draft: body.id, uploadToken: body.token, pageToken: body.page}',
  )
  const answer = () => ({ body: { id: 'd1', token: 'tok-12345678', page: 'page-12345678' } })
  await withApi({ profile, env, answer }, async ({ api }) => {
    await api.call('message.send', { to: ann, subject: 'Hi', text: 'x' })
    expect(api.redact('tok-12345678 of page-12345678')).toBe(
      '$MESSAGE_SEND_STEPS_0_UPLOAD_TOKEN of page-12345678',
    )
  })
})

test('a call of several is repeated by all of them, with what one gave as a variable of the next', async () => {
  await withApi(
    {
      profile: drafts,
      env,
      answer: ({ path }) => ({ body: { id: path === '/drafts' ? 'draft-4711' : 'm1' } }),
    },
    async ({ api }) => {
      const exchange = await api.call('message.send', {
        to: ann,
        subject: 'Hi\r\nBcc: eve@x.test',
        text: 'x',
      })
      expect(exchange.steps?.map(({ request }) => request.path)).toEqual([
        '/drafts',
        '/drafts/draft-4711/recipients',
      ])
      const lines = scriptText(api.script(exchange)).split('\n')
      expect(lines.map((line) => line.replace(/^curl .* (?=')/, 'curl '))).toEqual([
        expect.stringMatching(/^MESSAGE_DRAFT=\$\(curl .*\/drafts' \| .*"id"/),
        expect.stringMatching(/^curl 'http:\/\/[^']*\/drafts\/'"\$MESSAGE_DRAFT"'\/recipients'$/),
        'echo',
        expect.stringMatching(/^curl 'http:\/\/[^']*\/drafts\/'"\$MESSAGE_DRAFT"'\/send'$/),
      ])
      expect(lines[0]).toContain('Bcc: eve@x.test')
      expect(lines.join()).not.toContain(env.ADMIN)
    },
  )
})

test('a step that is refused is the answer of the whole, and no further call is made', async () => {
  const answer = (request: Recorded) =>
    request.path.endsWith('/recipients') ? { status: 403, body: { error: 'no' } } : keepsDrafts(request)
  const journal = createJournal()
  await withApi({ profile: drafts, env, answer, journal }, async ({ api, requests }) => {
    const exchange = await api.call('message.send', { to: ann, subject: 'Hi' }, 'neighbour')
    expect(exchange).toMatchObject({ answer: 'refused', operation: 'message.send', principal: 'neighbour' })
    expect([exchange.request.path, exchange.response?.status]).toEqual(['/drafts/d%2F1/recipients', 403])
    expect(lines(requests)).toHaveLength(2)
    await cleanUp(api, journal.entries())
    expect(lines(requests).at(-1)).toBe('DELETE /drafts/d%2F1')
  })
})

test('a draft whose answer was lost is found in the list of drafts, by its mark, and taken back', async () => {
  const mark = '0123456789abcdef'
  const answer = ({ method, path }: Recorded) =>
    method === 'DELETE'
      ? { status: 204, body: '' }
      : method === 'GET'
        ? {
            body: [
              { id: 'd1', subject: 'another' },
              { id: 'd2', subject: mark },
            ],
          }
        : path === '/drafts'
          ? null
          : {}
  const journal = createJournal()
  await withApi({ profile: drafts, env, answer, journal }, async ({ api, requests }) => {
    const exchange = await api.call('message.send', { to: ann, subject: 'Hi', text: mark })
    expect(exchange).toMatchObject({ answer: 'broken', response: null })
    expect(journal.entries()).toMatchObject([{ operation: 'message.send.steps.0', undo: null }])
    await cleanUp(api, journal.entries())
    expect(lines(requests).at(-1)).toBe('DELETE /drafts/d2')
  })
})

test('a check changes the last call: those before it are made, by whoever may make them', async () => {
  const answer = (request: Recorded) =>
    isOf(request, 'key-of-other') && !request.path.endsWith('/send') ? { status: 403 } : keepsDrafts(request)
  await withApi({ profile: drafts, env, answer }, async ({ api, requests }) => {
    const input = { to: ann, subject: 'Hi' }
    const request = await api.prepare('message.send', input, 'neighbour')
    expect(request.path).toBe('/drafts/d%2F1/send')
    expect(lines(requests)).toEqual(['POST /drafts', 'POST /drafts', 'POST /drafts/d%2F1/recipients'])
    expect(requests.map((each) => isOf(each, 'key-of-admin'))).toEqual([false, true, true])
    await api.send({ ...request, headers: [] }, { operation: 'message.send', principal: 'nobody', input })
    expect(lines(requests).at(-1)).toBe('POST /drafts/d%2F1/send')
    expect(requests.at(-1)?.headers.some(([name]) => name === 'authorization')).toBe(false)
  })
})

test('its requests can be looked at without one being made; where nobody may make a step, that is said', async () => {
  await withApi({ profile: drafts, env, answer: () => ({ status: 403 }) }, async ({ api, requests }) => {
    const outlined = await api.outline('message.send', { to: ann, subject: 'Hi' }, null)
    expect(outlined.map(({ path }) => path)).toEqual([
      '/drafts',
      '/drafts/%28draft%29/recipients',
      '/drafts/%28draft%29/send',
    ])
    expect(requests).toEqual([])
    await expect(api.prepare('message.send', { to: ann }, 'neighbour')).rejects.toMatchObject({
      name: 'Unproven',
      message: expect.stringMatching(/^a step of message\.send was answered 403.* to admin/),
    })
  })
})

test('a step that gives nothing for the next one leaves the call unmade, with its place in the profile', async () => {
  await withApi({ profile: drafts, env, answer: () => ({ body: {} }) }, async ({ api, requests }) => {
    await expect(api.call('message.send', { to: ann })).rejects.toMatchObject({
      message: expect.stringContaining('gave no draft'),
    })
    expect(requests).toHaveLength(1)
  })
})

test('mail that would leave the sandbox is held before the first step', async () => {
  await withApi({ profile: drafts, env, answer: keepsDrafts }, async ({ api, requests }) => {
    await expect(
      api.call('message.send', { to: 'ann@elsewhere.example.com', subject: 'Hi' }),
    ).rejects.toThrow()
    expect(requests).toEqual([])
  })
})

test('an id that only a further call tells is looked for while it is not there, and is what is taken back', async () => {
  const profile = `${principals}
operations:
  contact.create:
    method: POST
    path: /contacts
    body: '{"email": email}'
    afterwards: [{method: GET, path: /contacts, query: {email: '{email}'}, result: {id: body.contact}}]
  contact.delete: {method: DELETE, path: '/contacts/{id}'}
${mail}`
  let looks = 0
  const answer = ({ method }: Recorded) =>
    method === 'POST' ? { status: 202, body: '' } : { body: ++looks < 3 ? {} : { contact: 7 } }
  const journal = createJournal()
  await withApi({ profile, env, answer, journal }, async ({ api, requests }) => {
    const exchange = await api.call('contact.create', { email: 'ann@example.com' })
    expect(exchange).toMatchObject({ answer: 'accepted', result: { id: '7' } })
    expect(exchange.request.method).toBe('POST')
    expect(lines(requests)).toEqual([
      'POST /contacts',
      ...Array(3).fill('GET /contacts?email=ann%40example.com'),
    ])
    expect(api.requests).toBe(4)
    expect(journal.entries()).toMatchObject([{ undo: { operation: 'contact.delete', input: { id: '7' } } }])

    // What a check wrote itself is completed as well.
    const request = await api.prepare('contact.create', { email: 'bob@example.com' })
    const about = { operation: 'contact.create', principal: 'admin', input: { email: 'bob@example.com' } }
    expect((await api.send(request, about)).result).toEqual({ id: '7' })
    expect(lines(requests).at(-1)).toBe('GET /contacts?email=bob%40example.com')
  })
})

test('of a call that was refused nothing is looked for afterwards', async () => {
  const profile = `${principals}
operations:
  contact.create: {method: POST, path: /contacts, body: $, afterwards: [{method: GET, path: /contacts, result: {id: body.id}}]}
${mail}`
  await withApi({ profile, env, answer: () => ({ status: 403 }) }, async ({ api, requests }) => {
    expect(await api.call('contact.create', { email: 'ann@example.com' })).toMatchObject({
      answer: 'refused',
    })
    expect(lines(requests)).toEqual(['POST /contacts'])
  })
})

test('operations beyond our words take their inputs from all of their calls, but what these give', async () => {
  const profile = `${principals}
operations:
  file.upload:
    steps: [{method: POST, path: /uploads, body: '{"name": name}', result: {upload: body.id}}]
    method: PUT
    path: '/uploads/{upload}'
    raw: {type: text/plain, content: text}
    example: {name: '\${mark}.txt', text: hello}
${mail}`
  await withApi(
    { profile, env, answer: () => ({ body: { id: 'u1' } }) },
    async ({ api, profile, requests }) => {
      const upload = profile.operations['file.upload']
      if (upload === undefined) throw new Error('expected the operation')
      expect([...upload.inputs]).toEqual(['name', 'text'])
      await api.call(upload.name, { name: 'a.txt', text: 'hello' })
      expect(requests.map(({ method, path, body }) => [method, path, body])).toEqual([
        ['POST', '/uploads', '{"name":"a.txt"}'],
        ['PUT', '/uploads/u1', 'hello'],
      ])
    },
  )
})
