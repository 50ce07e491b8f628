import { expect, test } from 'vitest'
import { cleanUp } from './cleanup.ts'
import { createJournal, type KnownJournal, readEntries } from './journal.ts'
import { field, type Recorded, type Rig, type Scripted, withApi } from './recording-target.testing.ts'

const profile = `
principals:
  admin: {tenant: acme, bearer: '\${env:ADMIN}'}
  neighbour: {tenant: globex, bearer: '\${env:NEIGHBOUR}'}
  sender: {tenant: acme, bearer: '\${env:SENDER}'}
  anonymous: {none: true}
operations:
  key.create: {method: POST, path: /keys, body: '{"name": name}', result: {id: body.id, secret: body.secret}}
  key.revoke: {method: DELETE, path: '/keys/{id}'}
  key.list: {method: GET, path: /keys, query: {page: '{cursor}'}, result: {items: body.data, next: body.next}}
  contact.create: {method: POST, path: /contacts, body: $, result: {id: body.contact.id}}
  contact.delete: {method: DELETE, path: '/contacts/{id}'}
  contact.get: {method: GET, path: '/contacts/{id}', result: {id: body.contact.id}}
  contact.list: {method: GET, path: /contacts, query: {q: '{search}'}, result: {items: body.data}}
  template.create: {method: POST, path: /templates, body: $}
  template.delete: {method: DELETE, path: '/templates/{id}'}
  template.get: {method: GET, path: '/templates/{id}'}
  suppression.create: {method: POST, path: /suppressions, body: $}
  suppression.delete: {method: DELETE, path: '/suppressions/{email}'}
  user.create: {method: POST, path: /sign-up, as: anonymous, body: '{"email": email, "password": password}', result: {id: body.id}}
  user.delete: {method: DELETE, path: '/users/{id}', as: admin}
  domain.create: {method: POST, path: /domains, body: $, result: {id: body.id}}
  webhook.create:
    {method: POST, path: /hooks, body: '{"url": url}', example: {url: 'https://x.test/abcdefabcdef/\${mark}'}, result: {id: body.id}}
  webhook.list: {method: GET, path: /hooks, result: {items: body.data}}
  webhook.delete: {method: DELETE, path: '/hooks/{id}'}
mail: {from: news@shop.test}
`
const env = { ADMIN: 'key-of-admin', NEIGHBOUR: 'key-of-neighbour', SENDER: 'key-of-sender' }
const mark = '0123456789abcdef'

interface Run extends Rig {
  readonly journal: KnownJournal
  /** What the journal has written so far. */
  written(): string
}

async function inRun(
  answer: (request: Recorded & { readonly who: string }, written: string) => Scripted | null,
  use: (run: Run) => Promise<void>,
): Promise<void> {
  const lines: string[] = []
  const journal = createJournal((line) => lines.push(line))
  const written = () => lines.join('')
  const answered = (request: Recorded) => answer({ ...request, who: callerOf(request) }, written())
  await withApi({ profile, env, answer: answered, journal }, (rig) => use({ ...rig, journal, written }))
}

function callerOf(request: Recorded): string {
  return field(request, 'authorization')?.replace('Bearer key-of-', '') ?? 'nobody'
}

const calls = (requests: readonly Recorded[]) =>
  requests.map((request) => `${request.method} ${request.path} ${callerOf(request)}`)
const deletions = (requests: readonly Recorded[]) =>
  calls(requests).filter((call) => call.startsWith('DELETE'))

/** As after a kill: what stands on disk is all that is known. */
const killed = ({ written }: Run) => readEntries(written())

test('what a run made is taken back, unless a check did', async () => {
  let n = 0
  const answer = ({ method }: Recorded) =>
    method === 'POST'
      ? { status: 201, body: { id: `k/${++n}`, secret: `secret-${n}` } }
      : { status: n === 3 ? 204 : 404 }
  await inRun(answer, async ({ api, journal, requests }) => {
    for (const name of ['a', 'b', 'c']) await api.call('key.create', { name })
    await api.call('key.revoke', { id: 'k/2' })
    expect(journal.entries().map(({ undo }) => undo?.input)).toEqual([{ id: 'k/3' }, { id: 'k/1' }])
    expect(api.redact('secret-1 secret-3')).toBe('$KEY_CREATE_SECRET $KEY_CREATE_SECRET_3')
    n = 4
    expect(await cleanUp(api, journal.entries())).toEqual({ taken: 0, left: [] })
    expect(requests.slice(-2).map((r) => r.path)).toEqual(['/keys/k%2F3', '/keys/k%2F1'])
  })
})

test('a call stands in the journal before it goes out, and no secret with it', async () => {
  const seen: string[] = []
  const answer = (_: Recorded, written: string) => {
    seen.push(written)
    return { status: 201, body: { id: 'u1' } }
  }
  await inRun(answer, async ({ api, written }) => {
    await api.call('user.create', { email: `qa-${mark}@shop.test`, password: `Right-${mark}-4711` })
    const request = await api.prepare('key.create', { name: `key ${mark}` }, null)
    await api.send(request, {
      operation: 'key.create',
      principal: 'anonymous',
      input: { name: `key ${mark}` },
    })
    await api.call('key.create', { name: `the key ${env.ADMIN}` })
    expect(seen.map((text) => text.trim().split('\n').length)).toEqual([1, 3, 5])
    expect(seen[0]).toContain(`qa-${mark}@shop.test`)
    expect(seen[1]).toContain(`key ${mark}`)
    expect(written()).not.toContain('4711')
    expect(written()).not.toContain(env.ADMIN)
  })
})

test('what nobody made is taken back by who may: a sign-up, an attack by nobody, one with a token of its own', async () => {
  const answer = ({ method, who }: { method: string; who: string }) =>
    method === 'POST' ? { status: 201, body: { id: '1' } } : { status: who === 'admin' ? 204 : 401 }
  await inRun(answer, async (run) => {
    const { api, requests } = run
    await api.call('user.create', { email: `qa-${mark}@shop.test` })
    await api.call('contact.create', { email: `qa-${mark}@shop.test` }, { bearer: 'forged' })
    const request = await api.prepare('key.create', { name: mark }, null)
    await api.send(request, { operation: 'key.create', principal: 'anonymous', input: { name: mark } })
    expect(await cleanUp(api, killed(run))).toMatchObject({ left: [] })
    expect(deletions(requests)).toEqual(['DELETE /keys/1 admin', 'DELETE /users/1 admin'])
  })
})

test('the maker asks first; where it may not, who makes that call by the profile', async () => {
  const answer = ({ method, path, who }: Recorded & { who: string }) => {
    if (method === 'POST') return { status: 201, body: { id: who } }
    return { status: who === 'sender' ? 403 : path.endsWith(who) || path.endsWith('sender') ? 204 : 404 }
  }
  await inRun(answer, async (run) => {
    for (const who of ['neighbour', 'sender', 'admin'])
      await run.api.call('key.create', { name: `key of ${who}` }, who)
    expect(await cleanUp(run.api, killed(run))).toEqual({ taken: 3, left: [] })
    expect(deletions(run.requests).sort()).toEqual([
      'DELETE /keys/admin admin',
      'DELETE /keys/neighbour neighbour',
      'DELETE /keys/sender admin',
      'DELETE /keys/sender sender',
    ])
  })
})

test('who does not see what another tenant made does not know that it is not there', async () => {
  const answer = ({ method, path, who }: Recorded & { who: string }) => {
    if (method === 'POST') return path === '/contacts' ? { status: 500 } : { status: 201, body: { id: who } }
    if (path.startsWith('/contacts')) return who === 'admin' ? { body: { data: [] } } : { status: 403 }
    return { status: who === 'admin' ? 404 : 403 }
  }
  await inRun(answer, async (run) => {
    for (const who of ['neighbour', 'sender']) {
      await run.api.call('key.create', { name: mark }, who)
      await run.api.call('contact.create', { name: mark }, who)
    }
    const { left } = await cleanUp(run.api, killed(run))
    expect(left.map(({ entry, reason }) => [entry.operation, entry.principal, reason]).sort()).toEqual([
      ['contact.create', 'neighbour', 'contact.list was answered 403'],
      ['key.create', 'neighbour', 'key.revoke was answered 404'],
    ])
  })
})

/** Whatever was asked for has been made, and the answers told nothing. */
const lists = ({ method, path }: Recorded): Scripted | null => {
  if (method === 'DELETE') return { status: 204 }
  if (method === 'POST') return path === '/keys' ? null : { status: 502 }
  const key = { id: 7, name: `a key called ${mark}` }
  const theirs = { id: 8, name: 'the key of production' }
  const contact = { contact: { id: 'c1', email: `${mark}@example.com` } }
  if (path === '/keys') return { body: { data: [theirs], next: 'two' } }
  if (path === '/keys?page=two') return { body: { data: [theirs, key] } }
  if (path === `/contacts?q=${mark.slice(0, 10)}`) return { body: { data: [contact] } }
  return path === `/templates/${mark}` ? { body: { name: mark } } : { status: 404 }
}

test('what calls made whose answers nobody has is found by its mark: in a list, by a search, by its name', async () => {
  await inRun(lists, async (run) => {
    const { api, requests } = run
    await api.call('key.create', { name: `a key called ${mark}` })
    await api.call('contact.create', { email: `${mark}@example.com`, name: 'Ann' }, 'neighbour')
    await api.call('template.create', { name: mark, subject: 'Hello' })
    await api.call('suppression.create', { email: `${mark}@example.com` })
    const before = requests.length
    expect(await cleanUp(api, killed(run))).toEqual({ taken: 4, left: [] })
    expect(calls(requests.slice(before)).sort()).toEqual([
      'DELETE /contacts/c1 neighbour',
      'DELETE /keys/7 admin',
      `DELETE /suppressions/${mark}%40example.com admin`,
      `DELETE /templates/${mark} admin`,
      `GET /contacts?q=${mark.slice(0, 10)} neighbour`,
      'GET /keys admin',
      'GET /keys?page=two admin',
      `GET /templates/${mark} admin`,
    ])
  })
})

test('what is of no kind of ours is found by a mark in any of its inputs, not by what every example has', async () => {
  const hooks = ['abcdefabcdef/0123', `abcdefabcdef/${mark}`].map((end, id) => ({
    id,
    url: `https://x.test/${end}`,
  }))
  const answer = ({ method }: Recorded) =>
    method === 'POST' ? null : method === 'GET' ? { body: { data: hooks } } : { status: 204 }
  await inRun(answer, async (run) => {
    await run.api.call('webhook.create' as 'key.create', { url: `https://x.test/abcdefabcdef/${mark}` })
    expect(await cleanUp(run.api, killed(run))).toEqual({ taken: 1, left: [] })
    expect(deletions(run.requests)).toEqual(['DELETE /hooks/1 admin'])
  })
})

test('what bears no mark of a run, or one that the profile itself names, is left alone and told', async () => {
  await inRun(lists, async (run) => {
    await run.api.call('key.create', { name: 'the key of production' })
    await run.api.call('suppression.create', { email: 'news@shop.test' })
    const { left } = await cleanUp(run.api, killed(run))
    expect(left.map(({ entry, reason, never }) => [entry.operation, reason, never])).toEqual([
      ['suppression.create', 'nothing in it tells it from others', true],
      ['key.create', 'nothing in it tells it from others', true],
    ])
    expect(deletions(run.requests)).toEqual([])
  })
})

test('what cannot be looked for is told once, and not taken for gone', async () => {
  await inRun(lists, async (run) => {
    for (const name of [`one ${mark}`, `another ${mark}`]) await run.api.call('template.create', { name })
    const { taken, left } = await cleanUp(run.api, killed(run))
    expect({ taken, left }).toMatchObject({
      taken: 0,
      left: Array(2).fill({
        reason: 'there is no list of its kind, and no template.get by its name',
        never: true,
      }),
    })
  })
})

test('what a refused call names is not looked for', async () => {
  const statuses = [400, 401, 403, 404, 405, 409, 418, 422, 429]
  const answer = () => ({ status: statuses.pop() ?? 0 })
  await inRun(answer, async (run) => {
    for (const _ of [...statuses]) await run.api.call('key.create', { name: mark }, 'sender')
    expect([killed(run), run.journal.entries()]).toEqual([[], []])
  })
})

for (const [id, asked] of [
  ['garbled', ['DELETE /keys/garbled admin']],
  // No request can hold it.
  ['\ud800', []],
] as const)
  test(`an object whose id was garbled on its way is found by its mark: ${asked.length === 0 ? 'half a character' : 'another id'}`, async () => {
    const answer = (request: Recorded & { readonly who: string }) => {
      if (request.method === 'POST') return { status: 201, body: { id } }
      if (request.method === 'DELETE') return { status: request.path === '/keys/7' ? 204 : 404 }
      return { body: { data: [{ id: '7', name: mark }] } }
    }
    await inRun(answer, async (run) => {
      await run.api.call('key.create', { name: mark })
      expect(await cleanUp(run.api, run.journal.entries())).toEqual({ taken: 1, left: [] })
      expect(deletions(run.requests)).toEqual([...asked, 'DELETE /keys/7 admin'])
    })
  })

test('what a list goes on to show by an id by which it is not there stays in the journal', async () => {
  let shown = true
  const answer = ({ method }: Recorded) => {
    if (method === 'POST') return { status: 201, body: { id: 'garbled' } }
    if (method === 'DELETE') return { status: 404 }
    return { body: { data: shown ? [{ id: 'garbled', name: mark }] : [] } }
  }
  for (shown of [true, false])
    await inRun(answer, async (run) => {
      await run.api.call('key.create', { name: mark })
      const { taken, left } = await cleanUp(run.api, run.journal.entries())
      const reasons = left.map(({ reason, never }) => [reason, never])
      const still = ['admin sees it in a list, by an id by which it is not there', false]
      expect([taken, reasons]).toEqual([0, shown ? [still] : []])
    })
})

test('a list that cannot be read is no empty one: what it may hold stays in the journal', async () => {
  for (const body of ['{"data": [', '<h1>Welcome</h1>', 'null'])
    await inRun(
      ({ method }) => (method === 'GET' ? { body } : null),
      async (run) => {
        await run.api.call('key.create', { name: mark })
        const { left } = await cleanUp(run.api, killed(run))
        expect(left).toMatchObject([{ reason: 'key.list shows no items', never: false }])
      },
    )
})

test('a call that is still on its way may yet make something', async () => {
  const answer = ({ method }: Recorded) => ({ status: method === 'GET' ? 200 : 404, body: { data: [] } })
  await inRun(answer, async ({ api, journal }) => {
    for (const operation of ['key.create', 'suppression.create'])
      journal.expect({
        ...{ id: operation, operation, principal: null },
        ...{ input: { name: mark, email: `${mark}@example.com` }, marks: [mark] },
      })
    const { left } = await cleanUp(api, journal.entries())
    expect(left.map(({ reason }) => reason)).toEqual(Array(2).fill('its call was still on its way'))
  })
})

test('what the profile cannot take back is counted', async () => {
  await inRun(
    () => ({ status: 201 }),
    async ({ api, journal }) => {
      for (const name of ['a.shop.test', 'b.shop.test']) await api.call('domain.create', { name })
      expect([...journal.staying()]).toEqual([['domain.create', 2]])
    },
  )
})

test('several are taken back at once, and no more than several; an end is an end', async () => {
  let n = 0
  const stop = new AbortController()
  const answer = ({ method }: Recorded) => {
    if (method === 'POST') return { status: 201, body: { id: `k${++n}` } }
    // The eighth is the last that gets an answer.
    if (--n === 92) stop.abort()
    return { status: 204 }
  }
  await inRun(answer, async (run) => {
    const names = Array.from({ length: 100 }, (_, i) => `${i}`)
    for (const name of names) await run.api.call('key.create', { name })
    const done: string[] = []
    const { taken, left } = await cleanUp(run.api, killed(run), {
      stop: stop.signal,
      done: ({ id }) => done.push(id),
    })
    expect(taken + left.length).toBe(100)
    expect(done).toHaveLength(taken)
    expect(deletions(run.requests).length).toBeLessThanOrEqual(32)
    expect(new Set(left.map(({ reason }) => reason))).toEqual(new Set(['there was no time']))
  })
})

test('what was taken back and not answered is asked for once more, and counts as gone', async () => {
  let asked = 0
  const answer = ({ method }: Recorded) => {
    if (method === 'POST') return { status: 201, body: { id: 'k' } }
    return asked++ === 0 ? null : { status: 404 }
  }
  await inRun(answer, async (run) => {
    await run.api.call('key.create', { name: 'key' })
    expect(await cleanUp(run.api, killed(run))).toMatchObject({ left: [] })
  })
})

test('a target that is lost is not asked a hundred times', async () => {
  const answer = ({ method }: Recorded) => (method === 'POST' ? { status: 201, body: { id: 'k' } } : null)
  await inRun(answer, async (run) => {
    for (let n = 0; n < 100; n++) await run.api.call('key.create', { name: 'key' })
    const { left } = await cleanUp(run.api, killed(run))
    expect(left).toHaveLength(100)
    const reasons = Map.groupBy(left, ({ reason }) => reason)
    const asked = [...reasons.keys()].filter((reason) => reason.startsWith('key.revoke was answered '))
    expect([...reasons.keys()].sort()).toEqual(
      [...asked, `the target had stopped answering: ${asked[0]}`].sort(),
    )
    const entries = reasons.get(asked[0] ?? '')?.length ?? 0
    expect(deletions(run.requests).length).toBe(2 * entries)
    expect(entries).toBeLessThanOrEqual(32)
  })
})
