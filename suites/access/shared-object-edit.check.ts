import { about, test } from '../../harness/check/check.ts'
import { changesOfShared } from '../../harness/steps/shared-objects.ts'

test(
  'what all tenants share is changed, removed or replaced by nobody who is only a tenant',
  about({
    practices: ['P03', 'P21'],
    severity: 'high',
    problem: 'A tenant changes what all tenants share',
    why: 'Templates, lists and domains of the provider stand in the mail of every customer: whoever changes one of them writes to the readers of all.',
    remediation: {
      effort: 'low',
      how: 'Read by the condition “of this tenant, or of all”, and change by “of this tenant” alone. Let the provider’s own tools change what is everybody’s, and nothing of it be found by a name that tenants choose.',
      before:
        "db.run('UPDATE templates SET html = ? WHERE id = ? AND (tenant = ? OR tenant IS NULL)', values)",
      after: "db.run('UPDATE templates SET html = ? WHERE id = ? AND tenant = ?', values)",
    },
    references: 'CWE-639 · CWE-732 · API1:2023 · API5:2023 · ASVS 5.0 8.2.2 · ASVS 5.0 8.4.1 · WSTG-ATHZ-02',
    needs: ['profile:shared', 'principal:admin', 'principal:neighbour'],
    reach: 'intrusive',
    weaknesses: [
      'changes-what-all-tenants-share',
      'removes-what-all-tenants-share',
      'replaces-what-all-tenants-share-by-its-name',
      'lets-anybody-change-what-all-tenants-share',
    ],
  }),
  async (kit) => {
    const parts = await changesOfShared(kit)
    await kit.verify.each(parts, ({ judge }) => judge(), 'one by one')
  },
)
