import { answerText } from '../api/answer-text.ts'
import type { Api, As, Input } from '../api/api.ts'
import type { About, Answer, Basis, Exchange, Session } from '../model.ts'
import type { Profile } from '../profile/profile.ts'
import { NotSeen, type Wire } from '../sandbox/client.ts'
import { evidenceMakers } from './evidence.ts'
import type { Kit } from './kit.ts'
import { createLetters } from './letters.ts'
import { createMailbox } from './mailbox.ts'
import { createPost } from './post.ts'
import { createSaw } from './saw.ts'
import type { Submission } from './submission.ts'
import { createTrail, type Trail } from './trail.ts'
import { createVerify, type Judged } from './verify.ts'

export const sampleAbout: About = {
  id: 'suite/check',
  file: 'suites/suite/check.check.ts',
  practices: ['P18'],
  severity: 'high',
  problem: '',
  why: '',
  remediation: { effort: 'low', how: '' },
  references: [],
  needs: [],
  reach: 'safe',
  weaknesses: [],
}

const statuses = { accepted: 202, refused: 403, limited: 429, invalid: 400, missing: 404, broken: 500 }
let exchanges = 0

/** For tests: an exchange of an operation that was answered so. */
export function sampleExchange(
  answer: Answer,
  {
    operation = 'message.send',
    body = '',
    result = {},
  }: { operation?: string; body?: string; result?: object } = {},
): Exchange {
  return {
    id: `exchange ${++exchanges}`,
    ...{ operation, principal: 'sender', failure: null, startedAt: 1, milliseconds: 1, answer },
    request: { method: 'POST', origin: 'https://api.test', path: `/${operation}`, headers: [], body: null },
    response: { status: statuses[answer], headers: [], body, truncated: false },
    result: answer === 'accepted' ? { ...result } : null,
  }
}

export interface SampleKit {
  readonly kit: Kit
  readonly trail: Trail
  /** Runs a body as a check's, and judges it. */
  judge(body: (kit: Kit) => Promise<unknown>): Promise<Judged>
  /** What that rests on. */
  basis(startedAt: number): Basis
}

export interface SampleScene {
  /** How the target answers; a profile that declares everything where `has` is left out. */
  readonly call?: (operation: string, input: Input, as?: As) => Exchange | Promise<Exchange>
  readonly has?: (operation: string, input?: string) => boolean
  readonly wire?: Partial<Wire>
  /** What the wire could not keep. */
  readonly refused?: readonly string[]
  readonly fence?: () => Promise<void>
  readonly submission?: Partial<Submission>
  readonly profile?: object
  readonly about?: Partial<About>
}

/** For tests: what a check works with, without a network. Nothing arrives but what `wire` says that is delivered. */
export function sampleKit(scene: SampleScene = {}): SampleKit {
  const evidence = evidenceMakers((text) => text)
  const trail = createTrail(evidence, ({ request }) => ({ before: [], line: `curl ${request.path}` }))
  const deliveries: Wire['deliveries'] = scene.wire?.deliveries ?? (async () => [])
  const wire = {
    domain: (personality: string, label: string) => `${label}.${personality}.test`,
    deliveries,
    async arrival(filter) {
      const all = await deliveries(filter)
      if (all.length === 0) throw new NotSeen('nothing')
      return all
    },
    sessions: async (): Promise<Session[]> => [],
    session: async () => Promise.reject(new NotSeen('nothing')),
    failOnce: async () => {},
    met: async () => Promise.reject(new NotSeen('nothing')),
    ...scene.wire,
  } as Wire
  const profile = {
    ...{ principals: {}, operations: {}, policies: {}, roles: {}, scopes: {}, accounts: {} },
    ownOnly: { roles: {}, scopes: {} },
    target: { url: 'https://api.test' },
    mail: {
      ...{ from: 'shop@own.test', domains: ['own.test'], delivery: { within: 1 } },
      recipients: { route: 'relay' },
    },
    ...scene.profile,
  } as unknown as Profile
  const said = (exchange: Exchange) => answerText(exchange, (text) => text)
  const { judged, basis, ...verify } = createVerify({
    ...{ about: { ...sampleAbout, ...scene.about }, trail, text: evidence.text, said },
    fence: scene.fence ?? (async () => {}),
  })
  const problems = { wire: scene.refused ?? [], mailbox: [] }
  const has = scene.has ?? (() => true)
  const api = {
    profile,
    has,
    said,
    carried: (operation: string, input: object) =>
      Object.fromEntries(Object.entries(input).filter(([name]) => has(operation, name))),
    async call(operation: string, input: Input = {}, as?: As) {
      const exchange = await (scene.call ?? (() => sampleExchange('accepted', { operation })))(
        operation,
        input,
        as,
      )
      trail.note({ exchange })
      return exchange
    },
  } as unknown as Api
  const mailbox = createMailbox(wire, createLetters(1, 'sample'))
  const submission = { ports: [], ...scene.submission } as unknown as Submission
  const saw = createSaw(trail, evidence, null)
  const kit = {
    ...{ api, wire, mailbox, profile, verify, saw, submission, runReach: 'disruptive' },
    post: createPost({
      ...{ api, mailbox, wire, verify, submission },
      problems: async () => problems,
      mx: { port: 25 },
      pauses: [1, 1, 1],
    }),
    alone: async () => {},
    random: () => 0.5,
  } as unknown as Kit
  return {
    kit,
    trail,
    basis,
    judge: async (body) =>
      judged(
        await body(kit).then(
          () => undefined,
          (error: unknown) => error,
        ),
      ),
  }
}
