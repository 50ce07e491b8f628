import { type Outcome, type Practice, practices, type Report } from '../harness/model.ts'
import { groupByEach } from './group-by-each.ts'
import toBuild from './planned.json' with { type: 'json' }

export interface PracticeHeading {
  readonly heading: string
  readonly practices: readonly (readonly [practice: Practice, name: string])[]
}

/** The practices of the catalogue in short words, under the five headings that reports use. */
export const practiceHeadings: readonly PracticeHeading[] = [
  {
    heading: 'Authentication and authorisation',
    practices: [
      ['P01', 'OAuth 2.0/2.1 with PKCE, no implicit grant'],
      ['P02', 'API keys never hard-coded, never exposed'],
      ['P03', 'Roles: administrators may, support may only look'],
      ['P04', 'Access by attribute: address, hour, device'],
      ['P05', 'Multi-factor authentication is mandatory'],
    ],
  },
  {
    heading: 'Encryption',
    practices: [
      ['P06', 'HTTPS with TLS 1.2 or later'],
      ['P07', 'Subscribers, templates and analytics encrypted at rest'],
      ['P08', 'Mail leaves over enforced TLS, never in clear text'],
      ['P09', 'Tokens and personal data encrypted by the application'],
    ],
  },
  {
    heading: 'Keys',
    practices: [
      ['P10', 'Keys managed from generation to retirement'],
      ['P11', 'API keys rotate on schedule and at once when exposed'],
      ['P12', 'Keys hold the least privilege'],
      ['P13', 'Keys bound to allowed addresses'],
      ['P14', 'Keys bound to one project'],
      ['P15', 'Short-lived access tokens, rotating refresh tokens'],
      ['P16', 'Use of keys watched after rotation'],
    ],
  },
  {
    heading: 'Limits, input and monitoring',
    practices: [
      ['P17', 'Rate limits against floods, guessing and unfair neighbours'],
      ['P18', 'Input validation'],
      ['P19', 'Only verified domains may send'],
      ['P20', 'Parameterised queries'],
      ['P21', 'Data filtered on the server, not in the client'],
      ['P22', 'Sign-ins, traffic and places watched in real time'],
    ],
  },
  {
    heading: 'Testing and audit',
    practices: [
      ['P23', 'Audit log says who, when, what, from where, with what result'],
      ['P24', 'Audit log kept as long as the law asks'],
      ['P25', 'Audit log encrypted, tamper-evident, access-controlled'],
      ['P26', 'Security tests in the delivery pipeline'],
      ['P27', 'Content, links and deliverability verified at every deployment'],
      ['P28', 'DKIM keys rotate every 6 to 12 months'],
      ['P29', 'Replayed tokens, requests and mail are refused'],
      ['P30', 'No undocumented API endpoints'],
      ['P31', 'Events exported to a SIEM'],
      ['P32', 'Tests use disposable addresses only'],
      ['P33', 'DKIM, SPF and DMARC set up correctly'],
      ['P34', 'Certificates valid on API, SMTP, tracking and custom domains'],
      ['P35', 'Custom tracking and return-path domains aligned'],
    ],
  },
]

export const practiceNames = Object.fromEntries(
  practiceHeadings.flatMap(({ practices }) => practices),
) as Readonly<Record<Practice, string>>

export const standings = ['violated', 'verified', 'partly verified', 'not tested'] as const
export type PracticeStanding = (typeof standings)[number]

export interface PracticeResult {
  readonly standing: PracticeStanding
  /** The checks that are of it. */
  readonly own: readonly Outcome[]
  /** Checks of other practices that have to do with it, and what foreign tools say: they decide nothing. */
  readonly related: readonly Outcome[]
  /** Questions that belong to it and that no check asks yet, as ids of checks. */
  readonly planned: readonly string[]
  /** Its checks that came to an answer. */
  readonly looked: number
  /** Its checks, with those that are still to be built. */
  readonly of: number
  /** What kept it from being verified, each once; empty for `violated` and `verified`. */
  readonly reasons: readonly string[]
}

/**
 * Only checks whose first practice it is decide about a practice. A finding of one violates it; it is verified where every
 * one of them passed and none is missing, be it held back, left out by choice, or not built yet. A capability that the profile
 * does not declare is never a pass, so a practice with one is verified in part at most. A run of many checks is gone through once.
 */
export function practicesIn({
  outcomes,
  notSelected,
}: Pick<Report, 'outcomes' | 'notSelected'>): Readonly<Record<Practice, PracticeResult>> {
  const known = new Set([...outcomes.map(({ check }) => check), ...notSelected])
  const concerned = groupByEach(outcomes, ({ practices }) => practices)
  const resultOf = (practice: Practice): PracticeResult => {
    const all = concerned.get(practice) ?? []
    const isOwn = ({ judge, practices }: Outcome) => judge === null && practices[0] === practice
    const own = all.filter(isOwn)
    const planned = (plannedChecks[practice] ?? []).filter((id) => !known.has(id))
    const passed = own.filter(({ verdict }) => verdict === 'pass')
    const failed = own.filter(({ verdict }) => verdict === 'fail')
    const of = own.length + planned.length
    return {
      standing:
        failed.length > 0
          ? 'violated'
          : passed.length === 0
            ? 'not tested'
            : passed.length === of && notSelected.length === 0
              ? 'verified'
              : 'partly verified',
      own,
      related: all.filter((outcome) => !isOwn(outcome)),
      planned,
      looked: passed.length + failed.length,
      of,
      reasons: failed.length > 0 ? [] : reasonsFor(own, planned.length, notSelected.length > 0),
    }
  }
  return Object.fromEntries(practices.map((practice) => [practice, resultOf(practice)])) as Record<
    Practice,
    PracticeResult
  >
}

function reasonsFor(own: readonly Outcome[], planned: number, restricted: boolean): string[] {
  const open = own.filter(({ verdict }) => verdict !== 'pass')
  return [
    ...new Set(open.map(({ reason }) => reason ?? 'No reason was recorded.')),
    ...(restricted && own.length > 0
      ? ['The run was restricted by --suite or --check, which may have left out checks of it.']
      : []),
    ...(own.length === 0 && planned === 0 ? ['No check is of it.'] : []),
  ]
}

/** The checks that are wanted, by the practice that each will be of; those that there are by now stand here as well. */
export const plannedChecks: Readonly<Partial<Record<Practice, readonly string[]>>> = toBuild
