import { about, test } from '../../harness/check/check.ts'
import { callsToTry, eachReference, letIn, tellsWhose } from '../../harness/steps/attempts.ts'
import { mailsTemplates, notMadeOfForeignTemplates } from '../../harness/steps/template-mail.ts'

test(
  'the id of another tenant’s object gives nothing away',
  about({
    practices: ['P21', 'P03', 'P14'],
    severity: 'critical',
    problem: 'Another tenant’s objects can be read, or are known to exist, by their ids',
    why: 'One customer who knows or guesses an id reads the mail, the contacts and the templates of another.',
    remediation: {
      effort: 'medium',
      how: 'Put the tenant into every query, and answer a foreign id exactly as an unknown one.',
      before: "db.get('SELECT * FROM templates WHERE id = ?', [id])",
      after: "db.get('SELECT * FROM templates WHERE id = ? AND tenant = ?', [id, caller.tenant])",
    },
    references: 'CWE-639 · CWE-566 · CWE-862 · API1:2023 · ASVS 5.0 8.2.2 · ASVS 5.0 8.4.1 · WSTG-ATHZ-04',
    needs: ['principal:admin', 'principal:neighbour'],
    reach: 'safe',
    weaknesses: [
      'looks-up-by-id-alone',
      'lists-what-every-tenant-has',
      'exports-what-every-tenant-has',
      'tells-that-an-id-exists',
    ],
  }),
  async (kit) => {
    const { api, verify } = kit
    const neighbour = { principal: 'neighbour', mayOnOwn: true }
    await letIn(kit, 'neighbour')
    if (mailsTemplates(api))
      await verify.each([{ name: 'mail made of a template' }], () =>
        notMadeOfForeignTemplates(kit, 'neighbour'),
      )
    await verify.each(callsToTry(api, 'read'), ({ operation }) =>
      eachReference(neighbour, operation, kit, async (attempt) => {
        tellsWhose(attempt, kit)
        const exchange = await attempt.tryAs('neighbour')
        await attempt.notCarriedOut(exchange, 'nothing of the owner’s is shown to another tenant')
        const unknown = exchange.answer === 'accepted' ? null : await attempt.tryUnknown('neighbour')
        if (unknown === null || unknown.answer === 'accepted') return // It may be his own.
        const isAlike = exchange.response?.status === unknown.response?.status
        verify.answered(unknown, isAlike ? 'the effect decides' : undefined)
        verify.that(isAlike, {
          ...{ of: exchange, severity: 'low' },
          expected: `the answer that an unknown id gets (${unknown.response?.status})`,
          actual: `${exchange.response?.status}, which tells that the id exists`,
        })
      }),
    )
  },
)
