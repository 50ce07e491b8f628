import { about, test } from '../../harness/check/check.ts'
import { attemptable, eachReference, inTurn, letIn } from '../../harness/steps/attempts.ts'
import { madeForNobodyElse, makings } from '../../harness/steps/made-for-others.ts'

test(
  'what is another tenant’s is neither changed, removed nor added to',
  about({
    practices: ['P21', 'P03'],
    severity: 'critical',
    problem: 'Another tenant’s objects can be changed, removed or added to',
    why: 'One customer who knows or guesses an id stops the mail of another, edits his templates, takes his keys or removes his contacts.',
    remediation: {
      effort: 'medium',
      how: 'Have the statement that changes a row name the tenant of the credential, and take no tenant from a request.',
      before: "db.run('DELETE FROM templates WHERE id = ?', [id])",
      after: "db.run('DELETE FROM templates WHERE id = ? AND tenant = ?', [id, caller.tenant])",
    },
    references: 'CWE-639 · CWE-863 · API1:2023 · ASVS 5.0 8.2.2 · ASVS 5.0 8.4.1 · WSTG-ATHZ-04',
    needs: ['principal:admin', 'principal:neighbour'],
    reach: 'intrusive',
    weaknesses: [
      'changes-by-id-alone',
      'removes-what-is-kept-of-an-address-by-that-alone',
      'acts-for-the-tenant-of-the-body',
      'acts-for-the-tenant-of-the-query',
      'acts-for-the-tenant-of-a-header',
    ],
  }),
  async (kit) => {
    const { api, verify } = kit
    const neighbour = { principal: 'neighbour', mayOnOwn: true }
    const changes = [...attemptable(api, 'change'), ...attemptable(api, 'delete')]
    const made = makings(kit)
    verify.applies(
      changes.length + made.length > 0,
      'profile declares no call that makes, changes or removes what can be looked at afterwards',
    )
    await letIn(kit, 'neighbour')

    await verify.each(
      changes.map((operation) => ({ name: operation, operation })),
      ({ operation }) =>
        inTurn(kit, operation, () =>
          eachReference(neighbour, operation, kit, async (attempt) =>
            attempt.notCarriedOut(
              await attempt.tryAs('neighbour'),
              'another tenant changes nothing of the owner’s',
              { last: true },
            ),
          ),
        ),
    )
    await verify.each(made, ({ operation }) => madeForNobodyElse(neighbour, operation, kit))
  },
)
