import { about, test } from '../../harness/check/check.ts'
import { letIn } from '../../harness/steps/attempts.ts'
import { neverInQuery, showSecrets } from '../../harness/steps/callers-secrets.ts'

test(
  'no secret of a caller stands in the target’s own log',
  about({
    practices: ['P02', 'P25'],
    severity: 'high',
    problem: 'Secrets of callers stand in the target’s own log',
    why: 'Whoever reads the log, a copy of it or the service that it is shipped to signs in as every customer.',
    remediation: {
      effort: 'low',
      how: 'Name the fields that are written down, never a whole request, and mask credentials where the log is written.',
      before: 'log.info({ url: request.url, headers: request.headers, body: request.body })',
      after:
        'log.info({ method: request.method, route: request.routeOptions.url, status, caller: caller.id })',
    },
    references: 'CWE-532 · API8:2023 · ASVS 5.0 16.2.5',
    needs: ['log', 'principal:admin'],
    reach: 'safe',
    weaknesses: ['logs-header-fields', 'logs-bodies', 'logs-answers', 'logs-commands-of-submission'],
    // What all other checks had written down is looked through, too.
    exclusive: true,
    looksBack: true,
  }),
  async (kit) => {
    const { api, log, mailbox, saw, verify } = kit
    const read = await letIn(kit, 'admin')
    const secrets = await showSecrets(kit, read)

    // Whatever came before the last request stands in the log by then.
    const mark = mailbox.canary()
    await api.send({ ...read.request, path: `/${mark}` }, { operation: read.operation, principal: 'admin' })
    const current = await log.shows(mark)

    const sought = secrets.filter(({ obstacle }) => obstacle === null)
    const { lines, held } = await log.find(sought, neverInQuery(kit.profile))
    verify.applies(lines > 0, 'the target writes nothing to its output: its log is elsewhere')
    saw.measured(`${lines} lines of the log, ${current ? 'up to the last request' : 'which name no paths'}`)
    await verify.each(secrets, async ({ name, exchange, obstacle }) => {
      if (obstacle !== null) throw obstacle
      const found = held.find((each) => each.name === name)
      verify.that(found === undefined, {
        of: exchange,
        expected: 'no line of the log that holds it',
        actual: `${found?.lines} of ${lines} lines of the log hold it, the first: ${found?.first}`,
      })
    })
  },
)
