import { createHash } from 'node:crypto'
import type { Report } from '../harness/model.ts'
import { type OutcomeStanding, standing, standingOf } from './exit.ts'
import { escapeUnseen } from './json.ts'
import { sentence } from './visible.ts'

/**
 * An in-toto Statement v1 with the predicate Test Result v0.1 over `json`, the bytes of the report.json that `report` was read from: for
 * whoever signs what a pipeline has seen. A check passed where it did without a finding; it is warned of where its findings are below the
 * threshold or accepted; it failed where it makes the exit code 1 or 2. What was not looked at stands in no list.
 *
 * Source: https://github.com/in-toto/attestation, spec/v1/statement.md and spec/predicates/test-result.md
 */
export function toInToto(report: Report, json: Uint8Array): string {
  const named = (...wanted: readonly OutcomeStanding[]) =>
    report.outcomes
      .filter((outcome) => wanted.includes(standingOf(outcome, report.failOn)))
      .map(({ check }) => sentence(check))
  const warned = named('tolerated')
  const { exitCode } = standing(report)
  const statement = {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name: 'report.json', digest: { sha256: createHash('sha256').update(json).digest('hex') } }],
    predicateType: 'https://in-toto.io/attestation/test-result/v0.1',
    predicate: {
      result: exitCode !== 0 ? 'FAILED' : warned.length > 0 ? 'WARNED' : 'PASSED',
      configuration: [
        {
          name: 'postern',
          uri: `pkg:npm/postern@${sentence(report.tool.version)}`,
          annotations: {
            target: sentence(report.target.url),
            reach: report.reach,
            failOn: report.failOn,
            seed: report.seed,
            notSelected: report.notSelected.map((check) => sentence(check)),
          },
        },
      ],
      passedTests: named('held'),
      warnedTests: warned,
      failedTests: named('violated', 'in doubt'),
    },
  }
  return `${escapeUnseen(JSON.stringify(statement, null, 2))}\n`
}
