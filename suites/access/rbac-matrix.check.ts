import { about, test } from '../../harness/check/check.ts'
import { tableOfRoles, tellUntried } from '../../harness/steps/permission-tables.ts'
import { asItsTableSays, cellsOf } from '../../harness/steps/roles.ts'

test(
  'every role does what its table says and nothing else',
  about({
    practices: ['P03', 'P21'],
    severity: 'critical',
    problem: 'A role does what its table forbids, or is refused what it allows',
    why: 'Where roles are kept apart by the user interface alone, a support account reads and changes everything through the API.',
    remediation: {
      effort: 'medium',
      how: 'Decide every operation by one table of roles on the server, deny by default, and test each cell.',
    },
    references: 'CWE-285 · CWE-862 · CWE-269 · API5:2023 · ASVS 5.0 8.2.1 · ASVS 5.0 8.3.1 · WSTG-ATHZ-02',
    needs: ['profile:roles', 'principal:admin'],
    reach: 'safe',
    weaknesses: [
      'checks-roles-in-the-browser-only',
      'forgets-support-in-the-table-of-roles',
      'forgets-that-admins-make-things',
      'forgets-that-admins-change-things',
    ],
  }),
  async (kit) => {
    const { verify } = kit
    const cells = cellsOf(kit)
    const rights = (word: string) => cells.some(({ right }) => right.startsWith(word))
    verify.applies(
      rights('allowed') && rights('denied'),
      'profile declares no principal of a limited role, with its operations under roles',
    )
    verify.asks(tableOfRoles(kit, cells))
    tellUntried(kit, 'role', { declared: kit.profile.roles, held: cells.map(({ role }) => role) })
    await verify.each(cells, (cell) => asItsTableSays(cell, kit))
  },
)
