import type { Outcome, Practice } from '../harness/model.ts'

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

export const standings = ['violated', 'verified', 'partly verified', 'not tested'] as const
export type PracticeStanding = (typeof standings)[number]

export interface PracticeResult {
  readonly standing: PracticeStanding
  readonly outcomes: readonly Outcome[]
  /** What kept it from being verified, each once; empty for `violated` and `verified`. */
  readonly reasons: readonly string[]
}

/**
 * One failing check violates a practice. It is verified only where every check of it passed: a capability that the
 * profile does not declare is never a pass, so a practice with one is verified in part at most. A check that is of
 * another practice, and only related to this one, verifies nothing of it by passing.
 */
export function judgePractice(practice: Practice, all: readonly Outcome[]): PracticeResult {
  const outcomes = all.filter((outcome) => outcome.practices.includes(practice))
  const passed = outcomes.filter((outcome) => outcome.verdict === 'pass')
  const standing = outcomes.some((outcome) => outcome.verdict === 'fail')
    ? 'violated'
    : !passed.some((outcome) => isOf(outcome, practice))
      ? 'not tested'
      : passed.length === outcomes.length
        ? 'verified'
        : 'partly verified'
  return { standing, outcomes, reasons: reasonsFor(practice, standing, outcomes) }
}

function isOf({ practices }: Outcome, practice: Practice): boolean {
  return practices[0] === practice
}

function reasonsFor(practice: Practice, standing: PracticeStanding, outcomes: readonly Outcome[]): string[] {
  if (standing === 'violated' || standing === 'verified') return []
  if (outcomes.length === 0) return ['No check of this run covers it.']
  const related = outcomes.some((outcome) => isOf(outcome, practice))
    ? []
    : ['No check of this run is of it; those that are related to it verify nothing of it.']
  const open = outcomes.filter((outcome) => outcome.verdict !== 'pass')
  return [...related, ...new Set(open.map((outcome) => outcome.reason ?? 'No reason was recorded.'))]
}
