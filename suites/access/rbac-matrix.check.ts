import { about, test } from '../../harness/check/check.ts'
import { attemptable, prepareAttempt } from '../../harness/steps/attempts.ts'
import { NotApplicable } from '../../harness/verdicts.ts'

test(
  'every role does what its table says and nothing else',
  about({
    id: 'access/rbac-matrix',
    practices: ['P03', 'P21'],
    severity: 'critical',
    why: 'Where roles are kept apart by the user interface alone, a support account reads and changes everything through the API.',
    remediation:
      'Decide every operation by one table of roles on the server, deny by default, and test each cell.',
    references: [
      'CWE-285',
      'CWE-862',
      'CWE-269',
      'API5:2023',
      'ASVS 5.0 8.2.1',
      'ASVS 5.0 8.3.1',
      'WSTG-ATHZ-02',
    ],
    needs: ['profile:roles', 'principal:admin', 'mailbox'],
    reach: 'intrusive',
    weakness: 'checks-roles-in-the-browser-only',
  }),
  async ({ api, ground, profile, verify }) => {
    const tenant = profile.principals['admin']?.tenant
    const people = Object.entries(profile.principals).flatMap(([principal, { role, tenant: own }]) =>
      role !== undefined && own === tenant && profile.roles[role] !== undefined
        ? [{ principal, role, allowed: profile.roles[role] }]
        : [],
    )
    const cells = people.flatMap(({ principal, role, allowed }) =>
      attemptable(api).map((operation) => ({
        name: `${role} tries ${operation}`,
        principal,
        role,
        operation,
        allowed: allowed === '*' || allowed.includes(operation),
      })),
    )
    if (!cells.some((cell) => cell.allowed) || !cells.some((cell) => !cell.allowed))
      throw new NotApplicable(
        'profile declares no principal of a limited role, with its operations under roles',
      )
    await verify.each(cells, async ({ principal, role, operation, allowed }, verify) => {
      const attempt = await prepareAttempt(operation, ground)
      verify.held(true, `the owner made what ${operation} is tried on`)
      const exchange = await api.call(operation, attempt.input, principal)
      if (allowed) verify.granted(exchange, `${operation} allowed to ${role}, as its table says`)
      else await verify.notCarriedOut(attempt, exchange, `${operation} refused to ${role}`)
    })
  },
)
