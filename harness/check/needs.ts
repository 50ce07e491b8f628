import { decodeJwt } from '../probes/jwt.ts'
import { slipOf } from '../profile/nearest.ts'
import { type OperationInput, type OperationName, operations } from '../profile/operations.ts'
import { mayBeStandIn } from '../profile/references.ts'
import type { Profile } from '../profile/shape.ts'
import { isSubmissionAlone, placeOfSubmission } from '../profile/submission-alone.ts'

export type Need =
  | OperationName
  | OperationInput
  | `principal:${string}`
  | `token:${string}`
  | `profile:${string}`
  | 'sending'
  | 'http'
  | 'mailbox'
  | 'wire'
  | 'dns'
  | 'callback'
  | 'log'
  | 'submission'
  | `submission:${'starttls' | 'implicit'}`
  | 'tls'
  | 'openapi'
  | 'jwt'

/**
 * What a check may need:
 * `message.send` — the operation is declared; `message.send:cc` — and can carry that input;
 * `principal:neighbour` — the caller is declared; `token:admin` — and shows a JSON Web Token, as far as the profile tells;
 * `sending` — the target sends what it is given, by `message.send` or by submission; `http` — it has an HTTP API;
 * `mailbox` — mail can be looked at; `wire` — it passes the sandbox's exchangers; `dns` — by its MX records;
 * `callback` — always there; `log` — the run sees what the target writes to its output;
 * `submission`, `submission:starttls`, `submission:implicit`; `tls` — any service speaks it; `openapi`; `jwt`;
 * `profile:policies.limits.send` — the profile says something there; an empty table or list says nothing.
 */
export function missing(needs: readonly string[], profile: Profile): string | null {
  if (isSubmissionAlone(profile) && needs.some(isOfHttp))
    return 'the target is a submission service alone, and this takes an HTTP API'
  const reasons = lacking(needs, profile).map(({ reason }) => reason)
  return reasons.length === 0 ? null : [...new Set(reasons)].join('; ')
}

/** Of these needs, those that the profile does not fulfil. */
export function lacking(
  needs: readonly string[],
  profile: Profile,
): { readonly need: string; readonly reason: string }[] {
  return needs.flatMap((need) => {
    const lacks = reason(need, profile)
    return lacks === null ? [] : [{ need, reason: lacks }]
  })
}

function reason(need: string, profile: Profile): string | null {
  const [name = '', detail] = need.split(/:(.*)/s)
  if (name in operations) return operationReason(name, detail, profile)
  switch (name) {
    case 'principal':
      return principalReason(detail ?? '', profile)
    case 'token':
      return principalReason(detail ?? '', profile) ?? tokenReason(detail ?? '', profile)
    case 'profile':
      return declared(says(at(profile, detail ?? '')), `${detail}${wanted[detail ?? ''] ?? ''}`)
    case 'sending':
      return declared(
        profile.operations['message.send'] !== undefined || profile.mail.submission !== undefined,
        'message.send and no mail.submission',
      )
    case 'http':
      return null
    case 'wire':
      if (profile.mail.recipients?.route === 'mailpit')
        return 'mail goes to the Mailpit of the profile past the wire: have the target relay it to the sandbox, which hands it on (mail.recipients.route relay, sandbox.mailpit.smtp)'
      return recipients(profile)
    case 'mailbox':
      return recipients(profile)
    case 'dns':
      if (profile.target.embedded !== undefined || profile.mail.recipients?.route === 'mx') return null
      return `${profile.mail.recipients === undefined ? 'profile declares no mail.recipients' : `mail goes by the route ${profile.mail.recipients.route}`}: have the target look MX records up in the sandbox's DNS (mail.recipients.route mx, sandbox.ports.dns)`
    case 'callback':
      return null
    case 'log':
      return logReason(profile)
    case 'submission':
      return declared(
        at(profile, ['mail.submission', detail].filter(Boolean).join('.')) !== undefined,
        [placeOfSubmission(profile), detail].filter(Boolean).join('.'),
      )
    case 'tls':
      return declared(
        profile.target.url.startsWith('https:') || profile.mail.submission !== undefined,
        'https URL and no mail.submission',
      )
    case 'openapi':
    case 'jwt':
      return declared(profile[name] !== undefined, name)
    default:
      throw new TypeError(
        `expected a need that harness/check/needs.ts knows; seen ${need}; correct the check's needs`,
      )
  }
}

/** Operations, and who calls them with what; what a profile of a submission service cannot say. */
function isOfHttp(need: string): boolean {
  const [name = ''] = need.split(':')
  return (
    name in operations ||
    ['http', 'principal', 'token', 'openapi', 'jwt'].includes(name) ||
    /^profile:(?:jwt|oauth|pages|roles|scopes|shared)\b/.test(need)
  )
}

function logReason({ target: { embedded, command, container } }: Profile): string | null {
  return [embedded, command, container].some((way) => way !== undefined)
    ? null
    : 'nobody here sees the log of a target that runs already: have the run start it (target.command, target.container)'
}

/** Principals may be called anything; two of our own names are two edits apart (reader, sender). */
function principalReason(name: string, { principals }: Profile): string | null {
  const slip = name in principals ? null : slipOf(name, Object.keys(principals), 1)
  return declared(
    name in principals,
    `principal ${name}${slip === null ? '' : `: is it what it calls ${slip}?`}`,
  )
}

/** What a sign-in gives, and a variable that is not set yet, may be one. */
function tokenReason(name: string, { principals }: Profile): string | null {
  const { session, bearer, basic, headers, query, body } = principals[name] ?? {}
  const pairs = { ...headers, ...query, ...body }
  const shown = [bearer, basic?.password, ...Object.values(pairs)]
  const isOpen = (text = '') => wordsOf(text).some((word) => mayBeStandIn(word) || decodeJwt(word) !== null)
  return session !== undefined || shown.some(isOpen) ? null : `the credential of ${name} is no JSON Web Token`
}

const wordsOf = (text: string) => text.split(/[^\w.-]+/)

/** What to write there, where leaving it out is mostly that nobody thought of it. */
const wanted: Readonly<Record<string, string>> = {
  'policies.limits.send.principal':
    ': name one to exhaust it with, beside the limit that the target promises, or the one that you demand',
}

/** What the target sends can be looked at; else the API alone says what came of a call. */
export function seesMail({ target, mail }: Pick<Profile, 'target' | 'mail'>): boolean {
  return target.embedded !== undefined || mail.recipients !== undefined
}

function recipients(profile: Profile): string | null {
  return declared(seesMail(profile), 'mail.recipients')
}

function operationReason(name: string, input: string | undefined, profile: Profile): string | null {
  const operation = profile.operations[name]
  if (operation === undefined) return declared(false, name)
  if (input === undefined) return null
  if (operations[name]?.inputs[input] === undefined)
    throw new TypeError(`expected an input of ${name}; seen ${input}; correct the check's needs`)
  return operation.inputs.has(input) ? null : `${name} of the profile carries no ${input}`
}

function declared(is: boolean, what: string): string | null {
  return is ? null : `profile declares no ${what.replace(/\.0$/, '')}`
}

function says(value: unknown): boolean {
  return value !== undefined && (typeof value !== 'object' || Object.keys(value ?? {}).length > 0)
}

function at(value: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>((here, step) => (here as Record<string, unknown> | null | undefined)?.[step], value)
}
