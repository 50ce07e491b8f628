import { about, test } from '../../harness/check/check.ts'
import { versionTold } from '../../harness/probes/error-leaks.ts'
import { letIn } from '../../harness/steps/attempts.ts'
import { provocations, tellsNothing } from '../../harness/steps/provoked-errors.ts'
import { owner } from '../../harness/steps/sample-input.ts'

test(
  'no error tells of the inside: no stack trace, query, path or version',
  about({
    practices: ['P18', 'P30'],
    severity: 'medium',
    problem: 'Errors tell of the inside: a stack trace, a query, a path or a version',
    why: 'A stack trace or a query names what to attack next, and shows that an attacker’s input came further than it should.',
    remediation: {
      effort: 'low',
      how: 'Answer every error by one handler, with a code and an id by which the log has the rest; switch debugging off.',
      before: 'reply.code(500).send(error.stack)',
      after: "log.error(error); reply.code(500).send({ error: { code: 'internal_error' } })",
    },
    references:
      'CWE-209 · CWE-550 · CWE-200 · API8:2023 · ASVS 5.0 16.5.1 · ASVS 5.0 13.4.6 · RFC 9457 §3 · WSTG-ERRH-01 · WSTG-INFO-02',
    needs: ['principal:admin'],
    reach: 'safe',
    // What other checks were answered is known when they have ended.
    exclusive: true,
    looksBack: true,
    weaknesses: [
      'answers-with-stack-traces',
      'breaks-on-types-that-nobody-gives',
      'answers-with-the-query',
      'tells-its-version',
    ],
  }),
  async (kit) => {
    const { errors, verify } = kit
    const benign = await letIn(kit, owner)
    await verify.each([{ name: 'version' }], async () => {
      const told = versionTold(benign.response?.headers ?? [])
      verify.that(told === null, {
        ...{ of: benign, severity: 'low', around: told?.split(':')[0] },
        expected: 'no program by its version',
        actual: `${told}`,
      })
    })
    const provoked = Map.groupBy(provocations(kit), ({ operation }) => operation)
    await verify.each(
      [...provoked].map(([operation, ways]) => ({ name: operation, ways })),
      ({ ways }) =>
        verify.each(ways, async ({ send }) => {
          const exchange = await send()
          verify.answered(exchange, 'the effect decides')
          tellsNothing(kit, exchange)
        }),
    )
    for (const { check, exchange } of await errors.leaking()) tellsNothing(kit, exchange, `to ${check}: `)
  },
)
