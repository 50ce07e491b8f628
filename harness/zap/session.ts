import { setTimeout as after } from 'node:timers/promises'
import type { Take } from '../api/budget.ts'
import type { LiveCredential } from '../api/principals.ts'
import { ReachError } from '../api/reach.ts'
import type { Profile } from '../profile/shape.ts'
import { NotApplicable } from '../verdicts.ts'
import type { Daemon } from './daemon-setup.ts'
import type { Limits } from './limits.ts'
import { records, text, type Zap } from './zap-client.ts'

export const contextName = 'postern'
const ruleName = 'postern'

/** A scan was cut short: by the deadline, by the budget, by an interrupt. */
export class Cut extends Error {
  override readonly name = 'Cut'
}

/** One use of a ZAP: its session, and what bounds it. */
export interface Session {
  readonly zap: Zap
  readonly contextId: string
  /** Waits until `percent` says 100; prints how far it is. Throws Cut after it has called `stop`. */
  finish(what: string, percent: () => Promise<number>, stop: () => Promise<unknown>): Promise<void>
  /** Messages that ZAP exchanged with the target until now. */
  messages(): Promise<number>
  /** Counted beside what ZAP keeps: an active scan's messages are not in its history. */
  count(messages: number): void
  /** Takes back what was set in a ZAP that lives on. */
  leave(): Promise<void>
}

export interface SessionOptions {
  readonly zap: Zap
  readonly daemon: Daemon
  readonly profile: Profile
  readonly limits: Limits
  readonly take: Take
  /** Aborted with the reason as its `reason`. */
  readonly signal: AbortSignal
  readonly credential: LiveCredential | null
  readonly print: (line: string) => void
}

/** Milliseconds. */
const pollEvery = 500

/** Begins a new session in ZAP, whose scope is the target alone. Throws NotApplicable where a credential cannot be handed over. */
export async function openSession(options: SessionOptions): Promise<Session> {
  const { zap, profile, limits, take, signal, print } = options
  const { api } = zap
  const { origin } = new URL(profile.target.url)
  const undo: (() => Promise<unknown>)[] = []
  await api.core.newSession({ overwrite: 'true' })
  await api.core.setMode({ mode: 'safe' })
  const contextId = text(await api.context.newContext({ contextname: contextName }), 'contextId')
  undo.push(() => api.context.removeContext({ contextname: contextName }))
  await api.context.includeInContext({ contextname: contextName, regex: limits.included })
  for (const regex of limits.excluded) {
    await api.context.excludeFromContext({ contextname: contextName, regex })
    await api.ascan.excludeFromScan({ regex })
    if (zap.addOns.has('spider')) await api.spider.excludeFromScan({ regex })
  }
  undo.push(() => api.ascan.clearExcludedFromScan())
  if (zap.addOns.has('spider')) undo.push(() => api.spider.clearExcludedFromScan())
  await api.core.setMode({ mode: 'protect' })
  undo.push(...(await slowDown(zap, profile)), ...(await identify(options)))

  let beside = 0
  let taken = 0
  const messages = async () =>
    beside + Number(text(await api.core.numberOfMessages({ baseurl: origin }), 'numberOfMessages'))
  const account = async () => {
    const now = await messages()
    if (now > taken) await take('request', now - taken)
    taken = Math.max(now, taken)
  }
  return {
    zap,
    contextId,
    messages,
    count: (more) => {
      beside = more
    },
    async finish(what, percent, stop) {
      for (let shown = -1; ; ) {
        const done = await percent()
        if (done >= shown + 10 || done >= 100) print(`zap: ${what} ${done} %`)
        if (done >= shown + 10) shown = done
        try {
          await account()
          if (done >= 100) return
          signal.throwIfAborted()
        } catch (error) {
          if (!(error instanceof ReachError) && error !== signal.reason) throw error
          await stop()
          const why = error instanceof ReachError ? error.message : String(signal.reason)
          throw new Cut(`${why}; it cut ${what} at ${done} %`)
        }
        await after(pollEvery)
      }
    },
    async leave() {
      for (const step of undo.reverse()) await step().catch(() => {})
    },
  }
}

/** As far as ZAP's settings go. Returns what takes them back. */
async function slowDown(
  { api, addOns }: Zap,
  { target, budget }: Profile,
): Promise<(() => Promise<unknown>)[]> {
  const { perSecond } = budget ?? {}
  if (perSecond === undefined) return []
  await api.ascan.setOptionThreadPerHost({ integer: '1' })
  await api.ascan.setOptionDelayInMs({ integer: String(Math.min(1000, Math.ceil(1000 / perSecond))) })
  if (addOns.has('spider')) await api.spider.setOptionThreadCount({ integer: '1' })
  if (!addOns.has('network')) return []
  await api.network.addRateLimitRule({
    description: ruleName,
    enabled: 'true',
    matchregex: 'false',
    matchstring: new URL(target.url).hostname,
    requestspersecond: String(Math.max(1, Math.floor(perSecond))),
    groupby: 'rule',
  })
  return [() => api.network.removeRateLimitRule({ description: ruleName })]
}

/** The header that goes into ZAP's environment where the daemon is to be ours; `null` where the replacer has to do it. */
export function environmentHeader(credential: LiveCredential | null): readonly [string, string] | null {
  const [header, ...more] = credential?.headers ?? []
  return header !== undefined && more.length === 0 ? header : null
}

async function identify({
  zap,
  daemon,
  credential,
  limits,
}: SessionOptions): Promise<(() => Promise<unknown>)[]> {
  if (credential === null || credential.kind === 'none') return []
  if (credential.sign !== undefined)
    throw new NotApplicable(
      'its principal signs each request, and ZAP is given header fields; name another with zap.principal',
    )
  if (credential.query.length > 0 || credential.body !== undefined)
    throw new NotApplicable(
      `its principal’s credential is in the ${credential.body === undefined ? 'query' : 'body'}, and ZAP is given header fields; name another with zap.principal`,
    )
  if (daemon.ours && environmentHeader(credential) !== null) return []
  if (!zap.addOns.has('replacer'))
    throw new NotApplicable(
      'ZAP has no add-on replacer, which gives its requests the principal’s credential; install it (zap.sh -addoninstall replacer), or let the run start ZAP by zap.home or zap.image',
    )
  const steps = credential.headers.map(async ([name, value], i) => {
    const description = `${ruleName} ${i}`
    const rule = { description, enabled: 'true', matchtype: 'REQ_HEADER', matchregex: 'false' }
    await zap.api.replacer.addRule({ ...rule, matchstring: name, replacement: value, url: limits.included })
    return () => zap.api.replacer.removeRule({ description })
  })
  return Promise.all(steps)
}

/** Whether the target accepted anything of what ZAP sent: without that, rules saw nothing but refusals. */
export async function sawAccepted({ zap }: Session, baseurl: string): Promise<boolean> {
  const page = 50
  for (let start = 0; start < 40 * page; start += page) {
    const found = records(
      await zap.api.core.messages({ baseurl, start: String(start + 1), count: String(page) }),
      'messages',
    )
    if (found.some((message) => /^HTTP\/\S+ 2\d\d/.test(text(message, 'responseHeader')))) return true
    if (found.length < page) return false
  }
  return false
}
