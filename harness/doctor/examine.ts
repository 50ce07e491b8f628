import type { Api } from '../api/api.ts'
import { hmacOf } from '../api/hmac.ts'
import { readOpenApi } from '../api/openapi.ts'
import type { Channel } from '../check/channels.ts'
import type { Kit } from '../check/kit.ts'
import type { Sent } from '../check/post.ts'
import type { About, Delivery, Exchange, Reach } from '../model.ts'
import { readHeaders } from '../probes/headers.ts'
import type { SmtpClient } from '../probes/smtp.ts'
import { type DeclaredOperation, operations as ours, sendingOperations } from '../profile/operations.ts'
import type { ProfileDocument } from '../profile/profile.ts'
import { isSubmissionAlone } from '../profile/submission-alone.ts'
import type { World } from '../runner/world.ts'
import { asDocumented, attemptable, inputAlone, prepareAttempt } from '../steps/attempts.ts'
import { madeUpLike, withSecret } from '../steps/doors.ts'
import { readerPages } from '../steps/reader-pages.ts'
import { owner } from '../steps/sample-input.ts'
import { HeldBack, NotApplicable, NothingThere, Unproven } from '../verdicts.ts'
import { authorizationTrials } from './authorization.ts'
import type { Line } from './lines.ts'

/** What the doctor looks at, and by what. */
export interface Patient {
  readonly kit: Kit
  readonly document: ProfileDocument
  readonly reach: Reach
  /** Calls of the target's document that no check makes. */
  readonly leftOut: World['leftOut']
  redact(text: string): string
}

type Examination = () => Promise<string>

/** Clocks that differ by more make tokens and signatures fail: seconds. */
const tolerableSkew = 30

/** What the checks' own needs say of it: the doctor sends as one of them. */
export const aboutDoctor: About = {
  id: 'doctor/canary',
  file: 'harness/doctor/examine.ts',
  practices: [],
  severity: 'low',
  problem: '',
  why: '',
  remediation: { effort: null, how: '' },
  references: [],
  needs: [],
  reach: 'safe',
  weaknesses: [],
}

/** The profile line by line, each by a legitimate call. Nobody's failure ends it. */
export async function* examine(patient: Patient): AsyncGenerator<Line> {
  /** What is wrong, by what is said of it: what comes of one fault is told once. */
  const wrong = new Map<string, Line>()
  for await (const line of lines(patient)) {
    const cause = line.state === 'wrong' ? wrong.get(line.says) : undefined
    if (line.state === 'wrong' && cause === undefined) wrong.set(line.says, line)
    yield cause === undefined
      ? line
      : { ...line, state: 'untried', says: `it needs what is wrong above: ${cause.area} ${cause.what}` }
  }
}

async function* lines(patient: Patient): AsyncGenerator<Line> {
  yield* ports(patient)
  yield* principals(patient)
  yield* target(patient)
  yield* authorization(patient)
  // Mail first: what was sent is there to be read.
  yield* mail(patient)
  yield* operations(patient)
  yield* pages(patient)
}

async function* ports(patient: Patient): AsyncGenerator<Line> {
  for (const { name, connect } of patient.kit.submission.ports)
    yield await line(patient, 'target', `port for ${name} TLS`, ['mail', 'submission', name], async () =>
      greeting(await connect()),
    )
}

async function* target(patient: Patient): AsyncGenerator<Line> {
  const { api, profile } = patient.kit
  const probe = probeOf(patient)
  if (probe !== null)
    yield await line(patient, 'target', 'clock', ['target', 'url'], async () =>
      clock(await api.call(probe.name, probe.input)),
    )
  if (profile.openapi !== undefined)
    yield await line(patient, 'target', 'OpenAPI document', ['openapi'], async () => {
      const { operations } = await readOpenApi(api)
      return `${operations.length} operations documented`
    })
}

async function* authorization(patient: Patient): AsyncGenerator<Line> {
  for await (const { what, place, attempt } of authorizationTrials(patient.kit))
    yield await line(patient, 'oauth', what, place, attempt)
}

/** It speaks TLS, or says that it can. */
async function greeting(client: SmtpClient): Promise<string> {
  try {
    const { code, lines } = client.greeting
    if (code !== 220)
      throw new Unproven(
        `it greets with ${code} ${lines[0] ?? ''}`,
        'see host and port, and the service’s log',
      )
    await client.ehlo()
    const can = client.tls !== null || client.capabilities.has('STARTTLS')
    if (can) return `it greets, ${client.tls === null ? 'and offers STARTTLS' : `by ${client.tls.version}`}`
    throw new Unproven(
      'it offers no STARTTLS',
      'mail and keys go there in clear text: have it offer STARTTLS',
    )
  } finally {
    client.close()
  }
}

function clock({ response, failure }: Exchange): string {
  if (response === null) throw new Unproven(`the target did not answer (${failure})`, 'see target.url and ca')
  const date = response.headers.find(([name]) => name === 'date')?.[1]
  const skew = Math.round((Date.parse(date ?? '') - Date.now()) / 1000)
  if (Number.isNaN(skew)) return 'the target answers; it says no date'
  if (Math.abs(skew) <= tolerableSkew) return 'the target answers, and its clock agrees with ours'
  throw new Unproven(
    `the target's clock differs from ours by ${skew} s`,
    'set both clocks: tokens, signatures and certificates are judged by them',
  )
}

interface Probe {
  readonly name: DeclaredOperation
  readonly input: Readonly<Record<string, unknown>>
}

/** An operation that shows who calls, and needs no object: the caller's own, else a list. */
function probeOf(patient: Patient): Probe | null {
  return probesOf(patient)[0] ?? null
}

function probesOf({ kit }: Patient): Probe[] {
  const declared = Object.values(kit.profile.operations).map(({ name }) => name)
  const candidates = ['principal.get' as const, ...declared.filter((name) => name.endsWith('.list'))]
  return candidates.flatMap((name) => {
    const input = inputAlone(kit, name)
    return input === null ? [] : [{ name, input }]
  })
}

async function* principals(patient: Patient): AsyncGenerator<Line> {
  const { api, profile } = patient.kit
  if (isSubmissionAlone(profile)) {
    yield* callersOfSubmission(patient)
    return
  }
  const probe = probeOf(patient)
  for (const [name, principal] of Object.entries(profile.principals)) {
    const out = principal.none === true || isOut(name)
    yield await line(patient, 'principal', name, ['principals', name], async () => {
      if (!out) await api.credential(name)
      if (probe === null) return 'signed in; no operation shows more'
      const exchange = await api.call(probe.name, probe.input, name)
      if (out) return keptOut(probe.name, exchange, api.said(exchange))
      const known = isUnknown(exchange) ? await knownElsewhere(patient, name) : null
      const { name: tried, exchange: shown } = known ?? { name: probe.name, exchange }
      return letIn(tried, shown, api.said(shown))
    })
  }
}

/** A key may be for a part of the API alone: by another operation that knows it, and nobody who shows a made-up one in its place. */
async function knownElsewhere(
  patient: Patient,
  principal: string,
): Promise<{ readonly name: DeclaredOperation; readonly exchange: Exchange } | null> {
  const { api, mailbox } = patient.kit
  const credential = await api.credential(principal)
  // Who signs shows no secret that another could stand for.
  if (credential.sign !== undefined) return null
  const madeUp = withSecret(credential, madeUpLike(credential.token, mailbox.canary()))
  for (const { name, input } of probesOf(patient).slice(1)) {
    const exchange = await api.call(name, input, principal)
    if (['accepted', 'refused'].includes(exchange.answer) && !isUnknown(exchange))
      if (isUnknown(await api.call(name, input, madeUp))) return { name, exchange }
  }
  return null
}

async function* callersOfSubmission(patient: Patient): AsyncGenerator<Line> {
  const { post, profile, submission } = patient.kit
  const own = { name: submission.user || 'who submits', secret: undefined, user: undefined }
  const callers = Object.entries(profile.principals).flatMap(([name, { basic }]) =>
    basic === undefined ? [] : [{ name, secret: basic.password, user: basic.username }],
  )
  for (const { name, secret, user } of [own, ...callers]) {
    const place = secret === undefined ? ['mail', 'submission', 'username'] : ['principals', name]
    yield await line(patient, 'principal', name, place, async () => {
      const exchange = await post.authenticate(secret, { user })
      const seen = patient.kit.api.said(exchange)
      return isOut(name) ? keptOut('AUTH', exchange, seen) : letIn('AUTH', exchange, seen)
    })
  }
}

/** There to be refused. */
function isOut(name: string): boolean {
  return name === 'revoked' || name === 'expired'
}

function keptOut(probe: string, { answer, response }: Exchange, seen: string): string {
  if (answer === 'refused' || answer === 'missing')
    return `${probe} is refused with ${response?.status}, as it should be`
  throw new Unproven(
    `expected ${probe} to be refused; it was answered ${seen} (${answer})`,
    'see that the credential is what its name says, and the operation’s words for a refusal',
  )
}

function letIn(probe: string, { answer, request, response }: Exchange, seen: string): string {
  if (answer === 'accepted') return `${probe} is accepted with ${seen}`
  if (answer === 'refused' && !isUnknown({ answer, response }))
    return `known, and may not make ${probe} (${seen})`
  throw new Unproven(
    `expected ${probe} to know the caller; it was answered ${seen} (${answer})${signedText(request)}`,
    'see the credential and how it is sent',
  )
}

function isUnknown({ answer, response }: Pick<Exchange, 'answer' | 'response'>): boolean {
  return answer === 'refused' && [401, 535].includes(response?.status ?? 0)
}

/** What a signature was made of, which nobody sees in the request. */
function signedText(request: Exchange['request']): string {
  const signed = hmacOf(request)
  if (signed === null) return ''
  const text = JSON.stringify(Buffer.from(signed.message).toString('utf8'))
  return `; what was signed: ${text.length > longestSigned ? `${text.slice(0, longestSigned)}…` : text}`
}

const longestSigned = 300

async function* operations(patient: Patient): AsyncGenerator<Line> {
  const { kit, reach } = patient
  const { api } = kit
  const owned = owner in kit.profile.principals
  const tried = new Set(attemptable(api))
  for (const operation of Object.values(kit.profile.operations)) {
    const { name, effect } = operation
    const place = ['operations', operation.documented === null ? name : 'from']
    // These are tried where principals and mail are.
    if (['session.create', 'principal.get', ...sendingOperations].includes(name)) continue
    const alone = inputAlone(kit, name)
    if (alone !== null)
      yield await line(patient, 'operation', name, place, async () => {
        const exchange = await asDocumented(operation, kit.verify, () => api.baseline(name, alone))
        assertResults(patient, exchange)
        return `accepted with ${exchange.response?.status}`
      })
    // At safe, of what is there already.
    else if (owned && tried.has(name) && (reach !== 'safe' || effect === 'read'))
      yield await line(patient, 'operation', name, place, async () => {
        const recorded: Exchange[] = []
        await (await prepareAttempt(name, { ...kit, api: recording(api, recorded) })).control()
        const made = recorded.find((each) => each.operation === name && each.answer === 'accepted')
        if (made !== undefined) assertResults(patient, made)
        return effect === 'read' ? 'accepted' : 'accepted, and its effect is seen'
      })
    else
      yield {
        ...{ area: 'operation', what: name, state: 'untried', at: whereIs(patient, place), milliseconds: 0 },
        says: !tried.has(name)
          ? whyUntried(name)
          : owned
            ? 'it writes: try it with --reach intrusive'
            : `it needs an object of its own: declare a principal ${owner}`,
      }
  }
  for (const { call, why } of patient.leftOut)
    yield {
      ...{ area: 'operation', what: call, state: 'untried', says: `left out: ${why}` },
      ...{ at: whereIs(patient, ['operations', 'from']), milliseconds: 0 },
    }
}

function whyUntried(name: DeclaredOperation): string {
  const reason = ours[name]?.untried
  return reason === undefined
    ? 'it is not tried by itself: declare an example of its input, a call that makes one of its kind, and a get or a list that shows it'
    : `it is not tried by itself: ${reason}`
}

/** The same Api; what it calls is kept in `recorded`. */
function recording(api: Api, recorded: Exchange[]): Api {
  return {
    ...api,
    async call(...args) {
      const exchange = await api.call(...args)
      recorded.push(exchange)
      return exchange
    },
  }
}

/** Throws Unproven where the profile's reading of an accepted answer finds nothing of what it declares. */
function assertResults({ kit: { profile } }: Patient, { operation, result }: Exchange): void {
  const { result: own = {}, afterwards = [] } = profile.operations[operation ?? ''] ?? {}
  const later = afterwards.flatMap((step) =>
    Object.keys(step.result).map((name) => [name, step.name] as const),
  )
  const places = new Map([...later, ...Object.keys(own).map((name) => [name, `${operation}`] as const)])
  const declared = [...places.keys()]
  // What a document has of an answer is a guess, which an empty list disappoints.
  if (profile.operations[operation ?? '']?.documented != null) return
  // The end of a list has no next page.
  const absent = declared.filter((name) => name !== 'next' && (result?.[name] ?? null) === null)
  if (absent.length > 0)
    throw new Unproven(
      `${operation} was accepted; ${afterwards.length === 0 ? 'its answer has' : 'its answers have'} no ${absent.join(', ')}`,
      `see result of ${[...new Set(absent.map((name) => places.get(name)))].join(' and ')} in the profile`,
    )
}

/** The channels that are a call of their own. */
const calls = { HTTP: 'message.send', batch: 'message.batch', raw: 'message.raw' } as const

/** Where the profile says how a channel is used, and how its canary is called; `null` for one that is tried by another. */
function wayOf(
  channel: Channel['name'],
): { readonly what: string; readonly place: readonly string[] } | null {
  if (channel === 'SMTP') return { what: 'a canary by submission', place: ['mail', 'submission'] }
  if (!(channel in calls)) return null
  const operation = calls[channel as keyof typeof calls]
  const what = operation === 'message.send' ? 'a canary' : `a canary by ${operation}`
  return { what, place: ['operations', operation] }
}

async function* mail(patient: Patient): AsyncGenerator<Line> {
  const { api, dns, post, profile } = patient.kit
  const sent: Sent[] = []
  for (const { name, send } of post.channels) {
    const way = wayOf(name)
    if (way === null) continue
    yield await line(patient, 'mail', way.what, way.place, async () => {
      const started = performance.now()
      const canary = await send()
      sent.push(canary)
      const delivery = await canary.delivered()
      assertResults(patient, canary.exchange)
      return arrival(delivery, performance.now() - started)
    })
  }
  const [first] = sent
  if (first === undefined) return
  if (api.has('message.send', 'from'))
    yield await line(patient, 'mail', 'a canary from a name', ['mail', 'from'], async () => {
      const named = await post.send({ from: { email: profile.mail.from, name: 'Postern, Inc.' } })
      const { raw } = await named.delivered()
      const [from] = readHeaders(raw).field('from')
      return `arrived; its From is ${from?.value.trim() ?? 'none'}`
    })
  if (profile.target.embedded === undefined && profile.mail.recipients?.route !== 'mx') return
  yield await line(patient, 'mail', 'DNS', ['mail', 'recipients'], async () => {
    const domain = first.to.split('@')[1] ?? ''
    const asked = (await dns.queries({ name: domain })).filter(({ type }) => type === 'MX')
    if (asked.length > 0) return 'the target asks the sandbox for MX records'
    throw new Unproven(
      'the target did not ask the sandbox’s DNS for the MX records of a recipient',
      'see which resolver it uses; with one exchanger for all mail, write mail.recipients.route relay',
    )
  })
}

function arrival({ raw, personality, tls }: Delivery, milliseconds: number): string {
  const seconds = (milliseconds / 1000).toFixed(1)
  const signed = readHeaders(raw).field('dkim-signature').length > 0
  const path =
    personality === null ? 'as the mailbox tells' : tls === null ? 'in clear text' : `by ${tls.version}`
  return `arrived after ${seconds} s, ${path}, ${signed ? 'with' : 'without'} a DKIM signature`
}

async function* pages(patient: Patient): AsyncGenerator<Line> {
  for (const { name, find } of readerPages(patient.kit))
    yield await line(patient, 'page', name, ['pages', name], async () => {
      const { url, get } = await find()
      const exchange = await get()
      if (exchange.answer === 'accepted')
        return `the page of ${url.host} is answered ${exchange.response?.status}`
      throw new Unproven(
        `expected the page of ${url.host} to be shown; it was answered ${patient.kit.api.said(exchange)}`,
        'see its url or at, the query that it needs, and as whom it is opened',
      )
    })
}

async function line(
  patient: Patient,
  area: Line['area'],
  what: string,
  place: readonly string[],
  examination: Examination,
): Promise<Line> {
  const started = performance.now()
  const [state, says] = await examination().then(
    (seen) => ['works', seen] as const,
    (error: Error) => [isNoFault(error) ? 'untried' : 'wrong', error.message] as const,
  )
  const milliseconds = Math.round(performance.now() - started)
  return { area, what, state, says: patient.redact(says), at: whereIs(patient, place), milliseconds }
}

/** What nobody wrote into the profile cannot be wrong there, nor what an account does not hold. */
function isNoFault(error: Error): boolean {
  return [NotApplicable, HeldBack, NothingThere].some((kind) => error instanceof kind)
}

function whereIs({ document }: Patient, place: readonly string[]): string {
  const { file, line } = document.locate(place)
  return `${file}:${line}`
}
