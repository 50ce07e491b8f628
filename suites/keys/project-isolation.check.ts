import { about, test } from '../../harness/check/check.ts'
import { trespasses, twoProjects } from '../../harness/steps/projects.ts'

test(
  'a key of one project neither sees, changes nor uses what belongs to another',
  about({
    practices: ['P14', 'P12'],
    severity: 'high',
    problem: 'A key of one project gets at what belongs to another',
    why: 'Projects keep customers, brands and test data apart: the key of the least of them would open all.',
    remediation: {
      effort: 'medium',
      how: 'Take the project from the key alone, and put it into every query beside the tenant.',
      before: "db.get('SELECT * FROM templates WHERE id = ? AND tenant = ?', [id, key.tenant])",
      after:
        "db.get('SELECT * FROM templates WHERE id = ? AND tenant = ? AND project = ?', [id, key.tenant, key.project])",
    },
    references:
      'CWE-639 · CWE-668 · CWE-863 · API1:2023 · ASVS 5.0 8.2.2 · ASVS 5.0 8.4.1 · PCI DSS 4.0.1 6.5.3',
    needs: ['key.create:project', 'profile:policies.keys.projects', 'principal:admin'],
    reach: 'intrusive',
    weaknesses: [
      'lists-what-every-project-has',
      'looks-up-by-id-in-every-project',
      'changes-by-id-in-every-project',
      'makes-keys-for-every-project',
      'acts-for-the-project-of-the-body',
      'acts-for-the-project-of-the-query',
      'acts-for-the-project-of-a-header',
    ],
  }),
  async (kit) => {
    const { verify } = kit
    const tried = trespasses(kit, await twoProjects(kit))
    verify.applies(
      tried.length > 0,
      'nothing that the profile declares of what belongs to projects can be tried',
    )
    await verify.each(tried, ({ judge }) => judge())
  },
)
