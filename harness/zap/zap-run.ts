import { randomBytes } from 'node:crypto'
import { setTimeout as after } from 'node:timers/promises'
import { type Api, closeApi, createApi } from '../api/api.ts'
import type { Take } from '../api/budget.ts'
import type { Inbox } from '../api/mailed-code.ts'
import { readOpenApi } from '../api/openapi.ts'
import type { LiveCredential } from '../api/principals.ts'
import { createReach } from '../api/reach.ts'
import type { Outcome, Reach } from '../model.ts'
import type { Addresses } from '../pinned-lookup.ts'
import { createRedactor } from '../profile/redact.ts'
import type { ComesUp, Profile } from '../profile/shape.ts'
import { NotApplicable, Unproven } from '../verdicts.ts'
import { alertOutcomes } from './alerts.ts'
import { startDaemon, type ZapSettings } from './daemon.ts'
import type { Daemon } from './daemon-setup.ts'
import { type Limits, limitsOf } from './limits.ts'
import { type Judged, judgedBy, type PartId, partIds, partOutcome } from './part-outcomes.ts'
import { explore, importOpenApi, scanActively, scanPassively } from './parts.ts'
import { environmentHeader, openSession, type Session } from './session.ts'
import { connectZap, type Zap, ZapLost } from './zap-client.ts'

export interface ZapOptions {
  readonly settings: ZapSettings
  readonly profile: Profile
  readonly comesUp: ComesUp
  readonly reach: Reach
  /** The sandbox's zone, and its authority in PEM. */
  readonly zone: string
  readonly ca: string
  /** Of the hosts that the profile names. */
  readonly addresses?: Addresses
  /** The budget of the run. */
  readonly take: Take
  /** What comes to the sandbox. */
  readonly inbox?: Inbox
  readonly out: string | null
  /** Interrupts everything. */
  readonly signal: AbortSignal
  readonly print: (line: string) => void
}

/** A ZAP that is up, for one run. */
export interface ZapRun {
  /** Scans the target, unless the run is `unfinished` for a reason; resolves with an outcome for each part and each kind of alert, also where ZAP is lost meanwhile. */
  scan(unfinished: string | null): Promise<Outcome[]>
  /** Ends what was started. */
  close(): Promise<void>
}

interface Started extends ZapOptions {
  readonly daemon: Daemon
  readonly zap: Zap
  readonly api: Api
  readonly credential: LiveCredential | null
  readonly limits: Limits
}

const interruption = 'the run was interrupted'
const defaultMinutes = 10

/** For what is on its way when a run is interrupted: milliseconds. */
const grace = 3000

/** Brings ZAP up, or connects to the one that the profile names. Throws Unavailable. */
export async function startZap(options: ZapOptions): Promise<ZapRun> {
  const { settings, profile, reach, comesUp, zone, ca, addresses = {}, take, inbox, out, signal } = options
  const guard = createReach({ profile, zone, take, addresses })
  const api = createApi({ profile, reach: guard, ca, inbox, check: 'zap' })
  const signedIn = await credentialOf(api, settings)
  if (signedIn instanceof Unproven) return notStarted(profile, signedIn)
  const credential = signedIn
  const header = environmentHeader(credential)
  const { hostname } = new URL(profile.target.url)
  const daemon = await startDaemon(settings, {
    header: header === null ? null : { name: header[0], value: header[1], host: hostname },
    secrets: secretsOf(profile, credential),
    out,
    signal,
  })
  try {
    const zap = await connectZap(daemon.address)
    const limits = limitsOf(profile, { reach, comesUp, exclude: settings.exclude ?? [] })
    const started = { ...options, daemon, zap, api, credential, limits }
    return {
      scan: (unfinished) => (unfinished === null ? scanInTime(started) : whole(zap, unfinished)),
      async close() {
        await daemon.close()
        await closeApi(profile)
      },
    }
  } catch (error) {
    await daemon.close()
    throw error
  }
}

async function credentialOf(api: Api, { principal }: ZapSettings): Promise<LiveCredential | Unproven | null> {
  if (principal === undefined) return null
  return api.credential(principal).catch((error: unknown) => {
    if (error instanceof Unproven) return error
    throw error
  })
}

function notStarted(profile: Profile, { message }: Unproven): ZapRun {
  const outcomes = all('ZAP', { verdict: 'unproven', reason: message })
  return { scan: async () => outcomes, close: () => closeApi(profile) }
}

/** What is interrupted gets a moment to stop its scan and to say what it found. */
async function scanInTime(started: Started): Promise<Outcome[]> {
  const { signal, zap } = started
  const interrupted = new Promise<void>((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
  const late = interrupted.then(() => after(grace)).then(() => whole(zap, interruption))
  return Promise.race([scan(started), late])
}

async function whole({ version }: Zap, reason: string): Promise<Outcome[]> {
  return all(`ZAP ${version}`, { verdict: 'unproven', reason })
}

/** The credential may be of a session: nobody else knows it. */
function secretsOf(profile: Profile, credential: LiveCredential | null): Profile['secrets'] {
  return credential === null || credential.token === ''
    ? profile.secrets
    : [...profile.secrets, { name: 'ZAP_CREDENTIAL', value: credential.token }]
}

async function scan(started: Started): Promise<Outcome[]> {
  const { zap, daemon, profile, settings, print } = started
  const judge = `ZAP ${zap.version}`
  const minutes = settings.minutes ?? defaultMinutes
  const late = new AbortController()
  const timer = setTimeout(
    () => late.abort(`the deadline of ${minutes} minutes has passed (zap.minutes in the profile)`),
    minutes * 60_000,
  )
  const stopped = new AbortController()
  const interrupted = () => stopped.abort(interruption)
  started.signal.addEventListener('abort', interrupted, { once: true })
  if (started.signal.aborted) interrupted()
  const signal = AbortSignal.any([late.signal, stopped.signal])
  try {
    const session = await openSession({ ...started, signal })
    try {
      const outcomes = await partByPart(session, started, judge)
      print('zap: reading the alerts')
      const redactor = createRedactor(secretsOf(profile, started.credential))
      return [
        ...outcomes,
        ...(await alertOutcomes(zap, { profile, redactor, judge, script: started.api.script })),
      ]
    } finally {
      if (!daemon.ours) await session.leave()
    }
  } catch (error) {
    if (!(error instanceof ZapLost)) return all(judge, judgedBy(error))
    const why = (await daemon.ended()) ?? error.message
    return all(judge, {
      verdict: 'unproven',
      reason: `ZAP was lost during its scan: ${why}; what it had found went with it; see logs/zap.log, or the log of your ZAP`,
    })
  } finally {
    clearTimeout(timer)
    started.signal.removeEventListener('abort', interrupted)
  }
}

function all(judge: string, judged: Judged): Outcome[] {
  return partIds.map((id) => partOutcome(id, judge, judged))
}

async function partByPart(session: Session, started: Started, judge: string): Promise<Outcome[]> {
  const { profile, limits } = started
  const outcomes: Outcome[] = []
  const part = async (id: PartId, work: () => Promise<void>) => {
    const before = await session.messages()
    const from = performance.now()
    const judged = await work().then(
      (): Judged => ({ verdict: 'pass', reason: null }),
      (error: unknown) => judgedBy(error),
    )
    const milliseconds = Math.round(performance.now() - from)
    const requests = Math.max(0, (await session.messages()) - before)
    outcomes.push(partOutcome(id, judge, { ...judged, requests, milliseconds }))
  }
  await part('zap/openapi-import', () => hand(session, started))
  await part('zap/passive-scan', async () => {
    await explore(session, profile, limits)
    await scanPassively(session, profile)
  })
  await part('zap/active-scan', () => scanActively(session, limits))
  return outcomes
}

async function hand(session: Session, { api, profile, limits, zone }: Started): Promise<void> {
  if (profile.openapi === undefined)
    throw new NotApplicable('the profile declares no openapi; name the target’s OpenAPI document there')
  const { source } = await readOpenApi(api)
  const domain = profile.mail.recipients?.domains?.[0] ?? zone
  const address = `zap-${randomBytes(6).toString('hex')}@${domain}`
  await importOpenApi(session, source, { url: profile.target.url, keeps: limits.keeps, address })
}
