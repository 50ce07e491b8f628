import { about, test } from '../../harness/check/check.ts'
import { letIn } from '../../harness/steps/attempts.ts'
import { listsToWiden, shownNoWider } from '../../harness/steps/widened-lists.ts'

test(
  'no parameter of a list shows more than what is its caller’s own',
  about({
    practices: ['P21', 'P12', 'P03'],
    severity: 'high',
    problem: 'A parameter of a list shows what is not its caller’s own',
    why: 'Where the tenant is a filter among others, whoever writes another one into the query lists the contacts and the mail of others.',
    remediation: {
      effort: 'medium',
      how: 'Add the tenant of the credential to every query by itself, and take from the request only the filters that the call names.',
      before: 'db.contacts.find({ tenant: caller.tenant, ...request.query })',
      after: 'db.contacts.find({ ...filtersIn(request.query), tenant: caller.tenant })',
    },
    references:
      'CWE-639 · CWE-200 · CWE-602 · API1:2023 · API3:2023 · ASVS 5.0 8.2.2 · ASVS 5.0 8.3.1 · ASVS 5.0 8.4.1',
    needs: ['principal:admin', 'principal:neighbour'],
    reach: 'safe',
    weaknesses: [
      'lists-by-the-tenant-of-the-query',
      'lists-by-the-user-of-the-query',
      'lists-by-any-condition-of-the-query',
      'lists-everything-on-request',
      'lists-what-anybody-has-deleted',
      'lists-what-belongs-to-what-is-included',
    ],
  }),
  async (kit) => {
    const { verify } = kit
    const lists = listsToWiden(kit)
    verify.applies(lists.length > 0, 'profile declares no read that shows what somebody has without an id')
    await letIn(kit, 'neighbour')
    await verify.each(lists, ({ operation }) => shownNoWider('neighbour', operation, kit))
  },
)
