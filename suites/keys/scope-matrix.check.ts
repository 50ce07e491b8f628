import { about, test } from '../../harness/check/check.ts'
import { attemptable, deniedTo, isDecided } from '../../harness/steps/attempts.ts'
import { keyHolders, seenAlive } from '../../harness/steps/key-holders.ts'
import { deniedOnOthers } from '../../harness/steps/roles.ts'

test(
  'a key does what its scopes say and nothing else',
  about({
    practices: ['P12', 'P14', 'P21'],
    severity: 'critical',
    problem: 'A key does what its scopes forbid, or is refused what they allow',
    why: 'A send-only key that leaks from a web server then also gives away contacts, analytics and other keys.',
    remediation: {
      effort: 'medium',
      how: 'Decide every operation by one table of scopes, and deny what it does not name.',
    },
    references: 'CWE-269 · CWE-285 · CWE-862 · CWE-272 · API5:2023 · ASVS 5.0 8.2.1 · WSTG-ATHZ-02',
    needs: ['profile:scopes', 'principal:admin'],
    reach: 'safe',
    weaknesses: [
      'checks-no-scope-on-exports',
      'takes-keys-for-admins',
      'checks-scopes-where-something-changes',
      'checks-no-scope-on-batches',
      'checks-no-scope-on-composed-messages',
    ],
  }),
  async (kit) => {
    const { api, verify } = kit
    const holders = keyHolders(kit)
    verify.applies(holders.length > 0, 'no principal of the admin’s tenant has scopes in the profile')
    await verify.each(holders, async ({ name: principal, scopes, granted, ownOnly }) => {
      await seenAlive(kit, principal, granted)
      const denied = attemptable(api).filter(
        (operation) => !granted.includes(operation) && isDecided(api, operation, 'scopes'),
      )
      verify.applies(denied.length > 0, `${principal} may do all that can be tried`)
      await verify.each(
        denied.map((operation) => ({ name: `(${scopes.join(' ')}) tries ${operation}`, operation })),
        ({ operation }) => {
          const refused = `${operation} refused to a key of ${principal}'s scopes`
          return ownOnly.includes(operation)
            ? deniedOnOthers(principal, operation, kit, `${refused} on what others made`)
            : deniedTo(principal, operation, kit, refused)
        },
      )
    })
  },
)
