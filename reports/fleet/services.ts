import { type Practice, practices, type Report, type Severity, severities } from '../../harness/model.ts'
import { exitCode } from '../exit.ts'
import { type PracticeStanding, practicesIn } from '../practices.ts'
import { atLeast, conclusion, unaccepted } from '../wording.ts'

/** One service of a fleet, and what is known of it. */
export interface Service {
  readonly name: string
  readonly owner: string | null
  /** Where its report can be read, from where the page stands; `null` where there is none. */
  readonly href: string | null
  /** Why nothing is known of it, or what is known cannot be relied on. */
  readonly problems: readonly string[]
  /** `null` where no report could be read. */
  readonly run: RunSummary | null
}

/** As much of a report as stands on a page of many. */
export interface RunSummary {
  readonly target: string
  readonly finishedAt: string
  readonly exitCode: 0 | 1 | 2
  readonly conclusion: string
  /** Findings that nobody has accepted. */
  readonly findings: Readonly<Record<Severity, number>>
  /** How many of them fail the run. */
  readonly failing: number
  readonly practices: Readonly<Record<Practice, PracticeStanding>>
}

export function summaryOf(report: Report): RunSummary {
  const findings = unaccepted(report.outcomes.flatMap((outcome) => outcome.findings))
  const results = practicesIn(report)
  const count = (severity: Severity) => findings.filter((finding) => finding.severity === severity).length
  return {
    target: report.target.name,
    finishedAt: report.finishedAt,
    // Whoever wrote the file may have written any.
    exitCode: exitCode(report),
    conclusion: conclusion({ ...report, exitCode: exitCode(report) }),
    findings: recordOf(severities, count),
    failing: findings.filter(({ severity }) => atLeast(severity, report.failOn)).length,
    practices: recordOf(practices, (practice) => results[practice].standing),
  }
}

function recordOf<Key extends string, Value>(
  keys: readonly Key[],
  of: (key: Key) => Value,
): Record<Key, Value> {
  return Object.fromEntries(keys.map((key) => [key, of(key)])) as Record<Key, Value>
}

/** `violated`: it has findings that fail its run. `unknown`: nobody can say. */
export type ServiceStanding = 'violated' | 'unknown' | 'holds'

export function standingOfService({ run, problems }: Service): ServiceStanding {
  if (run !== null && run.failing > 0) return 'violated'
  if (run === null || problems.length > 0 || run.exitCode === 2) return 'unknown'
  return run.exitCode === 1 ? 'violated' : 'holds'
}

const worst: readonly ServiceStanding[] = ['violated', 'unknown', 'holds']

/** Those with findings first, the most severe of all before the others, then those that nothing is known of. */
export function worstFirst(services: readonly Service[]): Service[] {
  const rank = (service: Service) => worst.indexOf(standingOfService(service))
  const counts = ({ run }: Service) => severities.toReversed().map((severity) => run?.findings[severity] ?? 0)
  const lighter = (a: Service, b: Service) => {
    const [of, others] = [counts(a), counts(b)]
    const at = of.findIndex((count, each) => count !== others[each])
    return at < 0 ? 0 : (others[at] ?? 0) - (of[at] ?? 0)
  }
  return services.toSorted(
    (a, b) => rank(a) - rank(b) || lighter(a, b) || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0),
  )
}

/** 2 where anything is not known, else 1 where anything is violated. */
export function exitCodeOf(services: readonly Service[]): 0 | 1 | 2 {
  const codes = services.map(({ run, problems }) => (problems.length > 0 ? 2 : (run?.exitCode ?? 2)))
  return codes.includes(2) ? 2 : codes.includes(1) ? 1 : 0
}
