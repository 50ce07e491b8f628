import { about, test } from '../../harness/check/check.ts'
import { attemptable, deniedTo, isDecided, prepareAttempt } from '../../harness/steps/attempts.ts'

test(
  'every role does what its table says and nothing else',
  about({
    practices: ['P03', 'P21'],
    severity: 'critical',
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
    const { api, profile, verify } = kit
    const tenant = profile.principals['admin']?.tenant
    const people = Object.entries(profile.principals).flatMap(([principal, { role, tenant: own }]) =>
      role !== undefined && isOf(principal, own, tenant) && profile.roles[role] !== undefined
        ? [{ principal, role, may: profile.roles[role] }]
        : [],
    )
    const cells = people.flatMap(({ principal, role, may }) =>
      attemptable(api)
        .filter((operation) => isDecided(api, operation, 'roles'))
        .map((operation) => ({
          ...{ name: `${role} tries ${operation}`, principal, role, operation },
          allowed: may === '*' || may.includes(operation),
        })),
    )
    verify.applies(
      cells.some(({ allowed }) => allowed) && cells.some(({ allowed }) => !allowed),
      'profile declares no principal of a limited role, with its operations under roles',
    )
    await verify.each(cells, async ({ principal, role, operation, allowed }) => {
      if (!allowed) return deniedTo(principal, operation, kit, `${operation} refused to ${role}`)
      const attempt = await prepareAttempt(operation, kit)
      await attempt.granted(principal, `${operation} allowed to ${role}, as its table says`)
    })
  },
)

/** The neighbour is of another tenant by that name, also where nothing is said of tenants. */
function isOf(principal: string, own: string | undefined, tenant: string | undefined): boolean {
  return own === tenant && (tenant !== undefined || principal !== 'neighbour')
}
