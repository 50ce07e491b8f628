import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import type { Recorded, Scripted } from '../api/recording-target.testing.ts'
import type { Kit } from '../check/kit.ts'
import { createPost } from '../check/post.ts'
import type { Delivery } from '../model.ts'
import { NotSeen } from '../sandbox/client.ts'
import { judgedOver } from './judged-ground.testing.ts'
import { unsubscribing } from './unsubscribing.ts'

const profile = (page: string) => `
principals: {admin: {bearer: "\${env:ADMIN}"}, neighbour: {bearer: "\${env:NEIGHBOUR}"}, anonymous: {none: true}}
operations:
  message.send: {method: POST, path: /send, body: '{"to": [to.email], "subject": subject}'}
${page}
mail: {from: a@shop.test, delivery: {within: 0.05}}
`
const page = `pages: {unsubscribe: {field: List-Unsubscribe, at: "\${env:TARGET_URL}"}}`

interface Link {
  readonly tenant: string
  readonly to: string
  readonly token: string
}

interface Lists {
  /** What the link of a message holds. */
  readonly token?: (to: string) => string
  /** Whom a request for this token unsubscribes, of the links that there are. */
  readonly meant?: (token: string, links: readonly Link[], asked: URLSearchParams) => string | undefined
  readonly byLooking?: boolean
  /** An unsubscribed reader gets no mail of anybody. */
  readonly everywhere?: boolean
  readonly works?: boolean
  readonly oneClick?: boolean
}

const genuine: NonNullable<Lists['meant']> = (token, links) => links.find((link) => link.token === token)?.to

/** An API that sends, and its pages. */
async function judged(
  {
    token = () => randomBytes(16).toString('hex'),
    meant = genuine,
    byLooking = false,
    everywhere = false,
    works = true,
    oneClick = true,
  }: Lists,
  pages = page,
) {
  const links: Link[] = []
  const unsubscribed = new Set<string>()
  const sent: Delivery[] = []
  const answer = ({ method, path, body, headers }: Recorded): Scripted => {
    const { pathname, searchParams } = new URL(path, 'https://l.test')
    if (pathname === '/send') {
      const {
        to: [to],
        subject = 'Hello',
      } = JSON.parse(body)
      const isNeighbour = headers.some(([, value]) => value.includes('key-of-neighbour'))
      const tenant = everywhere ? '' : isNeighbour ? 'b' : 'a'
      if (unsubscribed.has(`${tenant} ${to}`)) return { status: 422 }
      const link = { tenant, to, token: token(to) }
      links.push(link)
      const fields = [
        ...[`Subject: ${subject}`, `List-Unsubscribe: <https://l.test/u/${link.token}>`],
        ...(oneClick ? ['List-Unsubscribe-Post: List-Unsubscribe=One-Click'] : []),
      ]
      const raw = Buffer.from([...fields, '', ''].join('\r\n'))
      sent.push({ id: `${sent.length}`, envelope: { from: '', to: [to] }, raw } as unknown as Delivery)
      return { status: 202 }
    }
    if (!works || (method === 'GET' && !byLooking)) return { status: 200 }
    const to = meant(decodeURIComponent(pathname.slice(3)), links, searchParams)
    if (to === undefined) return { status: 404 }
    const tenant = links.find((link) => link.token === pathname.slice(3))?.tenant ?? 'a'
    unsubscribed.add(`${everywhere ? '' : tenant} ${to}`)
    return { status: 200 }
  }
  const found = ({ to, containing }: { readonly to?: string; readonly containing?: string }) =>
    sent.filter(
      ({ envelope, raw }) =>
        (to === undefined || envelope.to.includes(to)) &&
        (containing === undefined || Buffer.from(raw).includes(containing)),
    )
  const wire = {
    deliveries: async (filter: object) => found(filter),
    async arrival(filter: object) {
      const all = found(filter)
      if (all.length === 0) throw new NotSeen('nothing')
      return all
    },
  }
  const env = { ADMIN: 'key-of-admin', NEIGHBOUR: 'key-of-neighbour' }
  const scene = { profile: profile(pages), env, answer, about: { severity: 'high' as const } }
  const { verdict, reason, findings } = await judgedOver(scene, async (kit) => {
    const whole = { ...kit, wire: { ...kit.wire, ...wire } }
    const { api, mailbox, verify, submission } = whole
    const post = createPost({
      ...{ api, mailbox, verify, submission, wire: whole.wire },
      problems: async () => ({ wire: [], mailbox: [] }),
      mx: null,
    } as unknown as Parameters<typeof createPost>[0])
    const { genuineCounts, parts } = unsubscribing({ ...whole, post } as Kit)
    await genuineCounts()
    await verify.each(parts, ({ judge }) => judge(), 'one by one')
  })
  return { verdict, reason, found: findings.map(({ variant, severity }) => `${variant}: ${severity}`) }
}

test('links of chance, each good for the reader whose it is', async () => {
  expect(await judged({})).toMatchObject({ verdict: 'pass', found: [] })
})

test('links that name their readers, count them, or take their word', async () => {
  const named = await judged({ token: (to) => to, meant: (token) => token })
  expect(named.found).toContain('the address of somebody else in its place: high')
  let last = 1000
  expect((await judged({ token: () => String(last++) })).found).toEqual(['a number further on: high'])
  const asked = await judged({
    meant: (token, links, query) => query.get('email') ?? genuine(token, links, query),
  })
  expect(asked.found).toEqual(['the address of somebody else in a parameter: high'])
})

test('halves of a link that make no difference', async () => {
  const byHalf = await judged({
    meant: (token, links) => links.find((link) => link.token.slice(0, 16) === token.slice(0, 16))?.to,
  })
  expect(byHalf.found).toEqual([
    'the proof of another link: high',
    'a changed proof: high',
    'a proof cut short: high',
    'no proof: high',
  ])
})

test('a look, and the list of another tenant', async () => {
  expect((await judged({ byLooking: true })).found).toEqual(['a link that is looked at: medium'])
  expect((await judged({ byLooking: true, oneClick: false })).found).toEqual([])
  expect((await judged({ everywhere: true })).found).toEqual(['the link of another tenant’s mail: high'])
})

test('a link that does nothing tells nothing, and without a page there is nothing to look at', async () => {
  expect(await judged({ works: false })).toMatchObject({
    verdict: 'unproven',
    reason: expect.stringContaining('and mail still comes'),
  })
  expect(await judged({}, '')).toMatchObject({ verdict: 'not-applicable' })
})
