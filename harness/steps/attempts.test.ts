import { randomBytes } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { field, type Recorded, type Scripted, withApi, zone } from '../api/recording-target.testing.ts'
import { sampleKit } from '../check/sample-kit.testing.ts'
import type { Answer, Exchange } from '../model.ts'
import type { DeclaredOperation } from '../profile/operations.ts'
import type { Operation } from '../profile/shape.ts'
import { Unproven } from '../verdicts.ts'
import { asDocumented, attemptable, attemptsBy, prepareAttempt } from './attempts.ts'
import type { Ground } from './sample-input.ts'

/** The ground of a check over an API of these operations; no mail comes of it, and nobody sees any where there are no `recipients`. */
async function on(
  operations: string,
  answer: (request: Recorded) => Scripted | null | Promise<Scripted>,
  use: (ground: Ground, requests: readonly Recorded[]) => Promise<void>,
  recipients = ', recipients: {route: relay}',
): Promise<void> {
  const profile = `
principals:
  admin: {values: {user: ann}, bearer: '\${env:KEY}'}
  reader: {values: {user: ray}, bearer: '\${env:READER}'}
  root: {values: {user: rob}, bearer: '\${env:ROOT}'}
  anonymous: {none: true}
operations:
${operations}
mail: {from: a@shop.test${recipients}}
`
  await withApi(
    { profile, env: { KEY: 'abcdefgh', READER: 'reader-key', ROOT: 'root-key' }, answer },
    async ({ api, requests }) => {
      const mailbox = {
        domain: () => `inbox.sound.${zone}`,
        address: () => `a-${randomBytes(4).toString('hex')}@inbox.sound.${zone}`,
      }
      const verify = {
        held(condition: boolean, reason: string) {
          if (!condition) throw new Unproven(reason, '')
        },
      }
      await use({ api, mailbox, verify, post: {} } as unknown as Ground, requests)
    },
  )
}

const contacts = (...verbs: readonly ('create' | 'get' | 'list' | 'update' | 'delete')[]) =>
  verbs
    .map(
      (verb) =>
        `  contact.${verb}: ` +
        {
          create: `{method: POST, path: /contacts, body: $, result: {id: body.id}}`,
          get: `{method: GET, path: '/contacts/{id}'}`,
          list: `{method: GET, path: /contacts, result: {items: body.data}}`,
          update: `{method: PATCH, path: '/contacts/{id}', body: $}`,
          delete: `{method: DELETE, path: '/contacts/{id}'}`,
        }[verb],
    )
    .join('\n')

const refusal = (answer: Answer, body: object): Exchange =>
  ({
    answer,
    result: null,
    response: { status: 403, headers: [], body: JSON.stringify(body), truncated: false },
  }) as unknown as Exchange

/** The same, accepted with this body. */
const accepted = (body: string): Exchange => {
  const exchange = refusal('accepted', {})
  return { ...exchange, response: { status: 200, headers: [], body, truncated: false } }
}

test('an error that repeats the id of the request discloses nothing', async () => {
  const id = 'con_9f8c2d1a77aa'
  await on(
    contacts('create', 'get'),
    () => ({ body: { id, anything: 'else' } }),
    async (ground) => {
      const attempt = await prepareAttempt('contact.get', ground)
      expect(await attempt.trace(refusal('missing', { error: `no contact ${id}` }))).toBeNull()
    },
  )
})

/** What is said of a reader who asks for a contact of the admin's, which is answered so: each time another. */
async function askedByReader(answers: readonly (Scripted | null)[], owners: readonly number[] = []) {
  const [left, statuses] = [[...answers], [...owners]]
  const body = { id: 'con_9f8c2d1a77aa', note: 'f0e1d2c3b4a5968778695a4b3c2d1e0f' }
  const answer = (request: Recorded): Scripted | null => {
    if (field(request, 'authorization') === 'Bearer reader-key') return left.shift() ?? null
    return { status: request.method === 'GET' ? (statuses.shift() ?? 200) : 200, body }
  }
  const { kit, judge } = sampleKit()
  let judged: Awaited<ReturnType<typeof judge>> | undefined
  await on(contacts('create', 'get'), answer, async (ground) => {
    judged = await judge(async () => {
      const attempt = await prepareAttempt('contact.get', { ...ground, verify: kit.verify })
      await attempt.notCarriedOut(await attempt.tryAs('reader'), 'nothing')
    })
  })
  return judged
}

test('an error, or a redirect to a sign-in, is a denial where it comes again and the owner is let in between', async () => {
  const error = { status: 500, body: { error: 'undefined is not an object' } }
  const away = { status: 302, headers: { location: '/login' }, body: '' }
  for (const answer of [error, away])
    expect(await askedByReader([answer, answer])).toMatchObject({
      verdict: 'pass',
      reason: expect.stringMatching(/^contact\.get was answered \d+.*: what is not done should be refused$/),
    })
  const disclosed = { body: { id: 'con_9f8c2d1a77aa', note: 'f0e1d2c3b4a5968778695a4b3c2d1e0f' } }
  expect(await askedByReader([error, disclosed])).toMatchObject({ verdict: 'fail' })
  // It may be down for everybody, or cut off before anybody looked at the request.
  expect(await askedByReader([error, error], [200, 200, 500])).toMatchObject({ verdict: 'unproven' })
  expect(await askedByReader([error, null])).toMatchObject({ verdict: 'unproven' })
  expect(await askedByReader([null, error])).toMatchObject({ verdict: 'unproven' })
  expect(await askedByReader([error, { status: 429 }])).toMatchObject({ verdict: 'unproven' })
})

test('a call that its owner cannot make either is no proof of a refusal', async () => {
  const answer = ({ method }: Recorded) => (method === 'POST' ? { status: 400 } : { body: { data: [] } })
  await on(contacts('create', 'list'), answer, async (ground) => {
    const attempt = await prepareAttempt('contact.create', ground)
    expect(await attempt.trace(refusal('invalid', {}))).toBeNull()
    await expect(attempt.control()).rejects.toThrow('answered 400 to admin')
  })
})

test('who calls an operation by the profile makes and looks at what others try it on', async () => {
  let made = ''
  const answer = ({ method, body }: Recorded) => {
    if (method === 'POST') made = body
    return { body: method === 'POST' ? { id: 'con_1' } : { data: [made] } }
  }
  const operations = contacts('create', 'list')
    .replace('{method: POST,', '{as: root, method: POST,')
    .replace('{method: GET,', '{as: anonymous, method: GET,')
  await on(operations, answer, async (ground, requests) => {
    await (await prepareAttempt('contact.create', ground)).control()
    expect(requests.map((request) => [request.method, field(request, 'authorization')])).toEqual([
      ['POST', 'Bearer root-key'],
      // Whoever may be anybody does not see what is a tenant's.
      ['GET', 'Bearer abcdefgh'],
    ])
  })
})

test('whoever tries a call refers to whom the profile names for it', async () => {
  const answer = ({ method }: Recorded) => ({ body: method === 'POST' ? { id: 'con_1' } : { data: [] } })
  const operations = contacts('create', 'list')
    .replaceAll('path: /contacts', 'path: "/{principal.user}/contacts"')
    .replaceAll('{method:', '{as: root, method:')
  await on(operations, answer, async (ground, requests) => {
    const stranger = { principal: 'reader', mayOnOwn: false }
    const attempts = await attemptsBy(stranger, 'contact.list', ground)
    const before = requests.length
    for (const attempt of attempts) await attempt.tryAs('reader')
    expect(new Set(requests.slice(0, before).map(({ path }) => path))).toEqual(new Set(['/rob/contacts']))
    expect(attempts.map(({ name }) => name)).toEqual([
      'where it names its holder',
      'where it names the caller',
    ])
    expect(requests.slice(before).map(({ path }) => path)).toEqual(['/rob/contacts', '/ray/contacts'])
  })
})

const messages = `  message.send: {method: POST, path: /send, body: $, result: {id: body.id}}
  message.list: {method: GET, path: /sent, result: {items: body.data}}`

test('mail that nobody sees is looked for in the list of messages', async () => {
  const sent: unknown[] = []
  const answer = ({ method, body, headers }: Recorded) => {
    if (method === 'GET') return { body: { data: sent } }
    sent.push(JSON.parse(body))
    // It goes out whoever asks.
    return headers.some(([, value]) => value.includes('reader')) ? { status: 403 } : { body: { id: 'm1' } }
  }
  await on(
    messages,
    answer,
    async (ground) => {
      expect(attemptable(ground.api)).toContain('message.send')
      const attempt = await prepareAttempt('message.send', ground)
      await attempt.control()
      expect(await attempt.trace(refusal('refused', {}))).toBeNull()
      const exchange = await attempt.tryAs('reader')
      expect(exchange.answer).toBe('refused')
      expect(await attempt.trace(exchange)).toBe('the message it made stands in the messages of the tenant')
    },
    '',
  )
  const [send = ''] = messages.split('\n')
  await on(send, answer, async (ground) => expect(attemptable(ground.api)).toEqual([]), '')
})

test('an effect that the list does not show is unproven, not absent', async () => {
  const answer = ({ method }: Recorded) => ({ body: method === 'POST' ? { id: 'con_1' } : { data: [] } })
  await on(contacts('create', 'list'), answer, async (ground) => {
    await expect((await prepareAttempt('contact.create', ground)).control()).rejects.toThrow('cannot be seen')
  })
})

test('a limit met while looking back is no change of the object', async () => {
  let looks = 0
  let made = ''
  const answer = ({ method, body }: Recorded) => {
    if (method === 'POST') made = body
    if (method !== 'GET') return { body: { id: 'con_1' } }
    looks++
    return looks > 2 ? { status: 429 } : { body: { made, request: looks } }
  }
  await on(contacts('create', 'get', 'delete'), answer, async (ground) => {
    const attempt = await prepareAttempt('contact.delete', ground)
    await expect(attempt.trace(refusal('refused', {}))).rejects.toThrow('looking back')
  })
})

/** Contacts as a list alone shows them, `shown` of them: others come and go, and are used. */
function contactsListed(shown = 100) {
  const items = [{ id: 1, email: 'before@b.test', visits: 0 }]
  const answer = ({ method, path, body }: Recorded) => {
    const id = items.length + 1
    if (method === 'POST') items.push({ id, ...JSON.parse(body) })
    if (method === 'DELETE')
      items.splice(
        items.findIndex((item) => path.endsWith(`/${item.id}`)),
        1,
      )
    if (method === 'GET') items[0] = { id: 1, email: 'before@b.test', visits: (items[0]?.visits ?? 0) + 1 }
    return { body: method === 'GET' ? { data: items.slice(-shown) } : { id } }
  }
  return { items, answer }
}

test('in a list, a change is one of the object’s own item', async () => {
  await on(contacts('create', 'list', 'delete'), contactsListed().answer, async (ground) => {
    const attempt = await prepareAttempt('contact.delete', ground)
    expect(attempt.input).toEqual({ id: '3' })
    expect(await attempt.trace(refusal('refused', {}))).toBeNull()
    await attempt.tryAs('reader')
    expect(await attempt.trace(refusal('refused', {}))).toBe('the contact is no longer what its owner made')
  })
})

test('what a list of the newest shows no more need not be gone', async () => {
  const { items, answer } = contactsListed(3)
  await on(contacts('create', 'list', 'delete'), answer, async (ground) => {
    const attempt = await prepareAttempt('contact.delete', ground)
    for (let id = 10; id < 13; id++) items.push({ id, email: 'another@b.test', visits: 0 })
    await expect(attempt.trace(refusal('refused', {}))).rejects.toThrow('shows the newest alone')
  })
})

test('what every request says anew is nobody’s secret: an answer is compared without it', async () => {
  let n = 0
  const stats = '  list.get: {method: GET, path: /stats}'
  const answer = () => ({ body: { sent: 5, request_id: `req_4f9e1c77a2b${n++}` } })
  await on(stats, answer, async (ground) => {
    const operation = ground.api.profile.operations['list.get']?.name as DeclaredOperation
    const { own, trace } = await prepareAttempt(operation, ground)
    const body = '{"sent":5,"request_id":"req_4f9e1c77a2bff"}'
    expect([own, await trace(accepted(body))]).toEqual([
      false,
      'the answer has the same fields as the owner’s',
    ])
  })
})

test('of a log that goes on, what a stranger reads is compared with what its owner reads then', async () => {
  let entries = 10
  let between = 1
  const newest = () => [0, 1, 2].map((n) => ({ id: `aud_0000aaaa${entries - n}` }))
  const log = '  audit.list: {method: GET, path: /audit, result: {items: body.data}}'
  const answer = (request: Recorded) => {
    entries += between
    if (field(request, 'authorization') === 'Bearer reader-key')
      return { body: { data: [{ id: 'aud_0000bbbb1' }] } }
    between = 1
    return { body: { data: newest() } }
  }
  await on(log, answer, async (ground) => {
    const attempt = await prepareAttempt('audit.list', ground)
    // Others have written to it since: of what its owner saw before, nothing is among the newest.
    between = 10
    expect(await attempt.trace(await attempt.tryAs(null))).toContain('for its owner alone')
    // So many that of what the stranger saw, nothing is among the newest when its owner looks.
    const first = await attempt.tryAs(null)
    between = 10
    expect(await attempt.trace(first)).toContain('for its owner alone')
    expect(await attempt.trace(await attempt.tryAs('reader'))).toBeNull()
  })
})

test('a log of which others fill a page between two looks is looked at by both at once, though each look of its owner stands in it', async () => {
  let entries = 10
  let open = 0
  const answer = async (request: Recorded) => {
    // What arrives while another is answered sees what that one sees.
    if (open++ === 0) entries += 10
    await setTimeout(20)
    open--
    const caller = field(request, 'authorization')
    if (caller === 'Bearer reader-key') return { body: { data: [{ id: 'aud_0000bbbb1' }] } }
    const others = [0, 1, 2].map((n) => ({ id: `aud_0000aaaa${entries - n}` }))
    return { body: { data: caller === undefined ? others : [{ user: 'usr_owner1234' }, ...others] } }
  }
  const log = '  audit.list: {method: GET, path: /audit, result: {items: body.data}}'
  await on(log, answer, async (ground) => {
    const attempt = await prepareAttempt('audit.list', ground)
    expect(await attempt.trace(await attempt.tryAs(null))).toContain('for its owner alone')
    expect(await attempt.trace(await attempt.tryAs('reader'))).toBeNull()
  })
})

test('a log that has a cursor is read back to where its owner saw it first, however many others wrote to it', async () => {
  let entries = 10
  const log =
    "  audit.list: {method: GET, path: /audit, query: {before: '{cursor}'}, result: {items: body.data, next: body.next}}"
  const answer = (request: Recorded) => {
    const caller = field(request, 'authorization')
    if (caller === 'Bearer reader-key') return { body: { data: [{ id: 'aud_0000bbbb1' }], next: null } }
    entries += caller === undefined ? 0 : 40
    const newest = Number(new URL(request.path, 'http://x').searchParams.get('before') ?? entries)
    const ids = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((n) => ({ id: `aud_0000aaaa${newest - n}` }))
    return { body: { data: ids, next: String(newest - 10) } }
  }
  await on(log, answer, async (ground) => {
    const attempt = await prepareAttempt('audit.list', ground)
    expect(await attempt.trace(await attempt.tryAs(null))).toContain('for its owner alone')
    expect(await attempt.trace(await attempt.tryAs('reader'))).toBeNull()
  })
})

test('a log of which others fill a page between the first two looks of its owner tells whose it is all the same', async () => {
  let entries = 1000
  let between = 20
  const log =
    "  audit.list: {method: GET, path: /audit, query: {before: '{cursor}'}, result: {items: body.data, next: body.next}}"
  const answer = (request: Recorded) => {
    if (field(request, 'authorization') === 'Bearer reader-key')
      return { body: { data: [{ id: 'aud_0000bbbb1', note: 'his own' }], next: null } }
    const before = new URL(request.path, 'http://x').searchParams.get('before')
    if (before === null) entries += between
    const newest = Number(before ?? entries)
    // What is written down of one is not what is of another, so that answers have not the same fields.
    const page = [0, 1, 2].map((n) => ({ id: `aud_0000aaaa${newest - n}`, [`of-${newest - n}`]: 'note' }))
    return { body: { data: page, next: String(newest - 3) } }
  }
  await on(log, answer, async (ground) => {
    const attempt = await prepareAttempt('audit.list', ground)
    expect(attempt.own).toBe(true)
    between = 0
    expect(await attempt.trace(await attempt.tryAs(null))).toContain('for its owner alone')
    expect(await attempt.trace(await attempt.tryAs('reader'))).toBeNull()
  })
})

test.each([
  ['[["2026-01-01",5]]', '[["2026-01-01",5]]', 'the answer has the same fields as the owner’s'],
  ['date,sent\n2026-01-01,5', 'date,sent\n2026-01-01,5', 'the answer is the owner’s'],
  ['{"total":57,"items":[{"n":1}]}', '{"total":0,"items":[]}', null],
  ['{"data":[],"next":null}', '{"data":[],"next":null}', 'says nothing by which to tell'],
  ['date,sent\n2026-01-01,5', 'date,sent', 'says nothing by which to tell'],
])('where the owner reads %j, %j is judged as what it shows', async (owners, others, judgement) => {
  const stats = '  list.get: {method: GET, path: /stats}'
  await on(
    stats,
    () => ({ body: owners }),
    async (ground) => {
      const operation = ground.api.profile.operations['list.get']?.name as DeclaredOperation
      const { trace } = await prepareAttempt(operation, ground)
      const judged = trace(accepted(others)).catch(({ message }: Error) => message)
      if (judgement === null) expect(await judged).toBeNull()
      else expect(await judged).toContain(judgement)
      expect(await trace(refusal('refused', {}))).toBeNull()
    },
  )
})

const further = `
  list.create: {method: POST, path: /lists, body: '{"title": title}', example: {title: '\${mark}'}, result: {id: body.id}}
  list.get: {method: GET, path: '/lists/{id}'}
  list.rename: {method: PUT, path: '/lists/{id}', body: '{"title": title}', example: {title: '\${mark}'}}
  list.pin: {method: POST, path: '/lists/{id}/pin', effect: change}
  list.add: {method: POST, path: '/lists/{id}/members', body: '{"email": email}'}
  list.delete: {method: DELETE, path: '/lists/{id}'}
  hook.create: {method: POST, path: /hooks, body: '{"url": url}'}
  hook.list: {method: GET, path: /hooks, result: {items: body}}
  hook.get: {method: GET, path: '/hooks/{id}'}
  hook.test: {method: POST, path: '/hooks/{id}/test', effect: change}
  plan.get: {method: GET, path: '/plans/{id}'}
  report.get: {method: GET, path: '/reports/{month}'}
  usage.get: {method: GET, path: '/usage/{month}', example: {month: 2030-01}}
  status.get: {method: GET, path: /status, as: anonymous}
  campaign.create: {method: POST, path: /campaigns, example: {}, result: {id: body.id}}
  campaign.send: {method: POST, path: '/campaigns/{id}/send'}
  campaign.sendTest: {method: POST, path: '/campaigns/{id}/test', body: '{"to": to}', example: {to: '\${address}'}}
  campaign.delete: {method: DELETE, path: '/campaigns/{id}'}
`

test('of operations beyond our words those are tried that can be judged, and none that sends mail to others', async () => {
  await on(
    further,
    () => ({}),
    async ({ api }) => {
      const reads = ['list.get', 'hook.list', 'hook.get', 'usage.get']
      expect(attemptable(api, 'read')).toEqual(reads)
      const others = ['list.create', 'list.rename', 'list.pin', 'list.delete', 'campaign.sendTest']
      expect(attemptable(api).filter((name) => !reads.includes(name))).toEqual(others)
    },
  )
})

/** Lists and hooks, kept. */
function kept() {
  const lists = new Map<string, Record<string, unknown>>()
  return ({ method, path, body }: Recorded): Scripted => {
    const [, kind, id = '', act] = path.split('/')
    if (kind === 'hooks') return { body: id === '' ? ['h-1'] : { secret_of: `owner4711hook`, id } }
    if (method === 'POST' && id === '') {
      const made = { id: String(lists.size + 7), ...JSON.parse(body) }
      lists.set(made.id, made)
      return { body: made }
    }
    const list = lists.get(id)
    if (list === undefined) return { status: 404 }
    if (method === 'DELETE') lists.delete(id)
    if (method === 'PUT') Object.assign(list, JSON.parse(body))
    if (act === 'pin') list['pinned'] = true
    return { body: list }
  }
}

test.each(['list.rename', 'list.pin', 'list.delete', 'list.create'])(
  '%s is seen afterwards',
  async (name) => {
    await on(further, kept(), async (ground) => {
      const operation = ground.api.profile.operations[name]?.name as DeclaredOperation
      const attempt = await prepareAttempt(operation, ground)
      expect(await attempt.trace(refusal('refused', {}))).toBeNull()
      await expect(attempt.control()).resolves.toBeUndefined()
      await attempt.tryAs('reader')
      if (name !== 'list.create') expect(await attempt.trace(refusal('refused', {}))).toMatch(/^the list /)
    })
  },
)

test('what the run cannot make is read as the list shows it', async () => {
  await on(further, kept(), async (ground, requests) => {
    const operation = ground.api.profile.operations['hook.get']?.name as DeclaredOperation
    const { input, own } = await prepareAttempt(operation, ground)
    expect({ input, own }).toEqual({ input: { id: 'h-1' }, own: true })
    expect(requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'GET /hooks',
      ...Array(2).fill('GET /hooks/h-1'),
    ])
  })
})

test('a message is cancelled where it can be put off: what is sent at once changes by itself', async () => {
  const cancellable = (inputs: string) => `
  message.send: {method: POST, path: /send, body: $, inputs: [${inputs}], result: {id: body.id}}
  message.get: {method: GET, path: '/messages/{id}'}
  message.cancel: {method: DELETE, path: '/messages/{id}'}`
  const tried: unknown[] = []
  for (const inputs of ['to, text', 'to, text, sendAt'])
    await on(
      cancellable(inputs),
      () => ({}),
      async ({ api }) => void tried.push(attemptable(api)),
    )
  const always = ['message.send', 'message.get']
  expect(tried).toEqual([always, [...always, 'message.cancel']])
})

test.each<[DeclaredOperation, string, string, object]>([
  ['message.send', 'to, text', '{id: body.id}', { id: '7' }],
  ['message.batch', 'messages', "{ids: '[body.data.($exists(id) ? id : null)]'}", { data: [{ id: '7' }] }],
])(
  'a page in the place of an answer to %s names no message, whose mail is looked for and not waited for',
  async (name, inputs, result, answered) => {
    const operation = `  ${name}: {method: POST, path: /send, body: $, inputs: [${inputs}], result: ${result}}`
    for (const body of ['<!doctype html><p>Welcome</p>', answered])
      await on(
        operation,
        () => ({ body }),
        async (ground) => {
          const looked: Answer[] = []
          const post = {
            of: (_to: string, { answer }: Exchange) => {
              looked.push(answer)
              return { arrived: async () => null }
            },
          }
          const attempt = await prepareAttempt(name, { ...ground, post } as unknown as Ground)
          const exchange = await attempt.tryAs('reader')
          expect(exchange.answer).toBe('accepted')
          expect(attempt.isAnswer(exchange)).toBe(body === answered)
          await attempt.refusedAs(exchange, '').catch(() => {})
          expect(looked).toEqual([body === answered ? 'accepted' : 'refused'])
        },
      )
  },
)

test('what is made to be read serves a whole check, and is read once for all who may not read it; what may change is made anew', async () => {
  let made: unknown
  const answer = ({ method, path, body }: Recorded): Scripted => {
    if (method === 'POST') made = { ...JSON.parse(body), id: '1' }
    return { body: path === '/contacts' && method === 'GET' ? { data: [made] } : (made as object) }
  }
  await on(contacts('create', 'get', 'list', 'update'), answer, async (ground, requests) => {
    for (const principal of ['reader', 'root'])
      for (const name of ['contact.get', 'contact.list'] as const)
        await attemptsBy({ principal, mayOnOwn: false }, name, ground)
    expect(requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'POST /contacts',
      'GET /contacts/1',
      'GET /contacts',
    ])
    await prepareAttempt('contact.update', ground)
    await prepareAttempt('contact.update', ground)
    expect(requests.filter(({ method }) => method === 'POST').length).toBe(3)
  })
})

test('a call of the document that cannot be made as it says is left out; a limit leaves it open', async () => {
  const operation = { name: 'lists.archive', method: 'GET', path: '/lists', documented: {} }
  const outcomeOf = async (answer: Answer) => {
    const prepare = () => Promise.reject(new Unproven('it was answered so', 'see why', answer))
    const { verdict } = await sampleKit().judge(({ verify }) =>
      asDocumented(operation as unknown as Operation, verify, prepare),
    )
    return verdict
  }
  expect(await outcomeOf('invalid')).toBe('not-applicable')
  expect(await outcomeOf('limited')).toBe('unproven')
})
