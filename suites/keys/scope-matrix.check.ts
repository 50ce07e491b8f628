import { about, test } from '../../harness/check/check.ts'
import { keyHolders } from '../../harness/steps/key-holders.ts'
import { tableOfScopes, tellUntried } from '../../harness/steps/permission-tables.ts'
import { calledByKeys, usedAsPasswords } from '../../harness/steps/scope-cells.ts'

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
      'lets-keys-make-others-like-themselves',
      'lets-keys-rotate-others-like-themselves',
      'takes-keys-for-admins',
      'checks-scopes-where-something-changes',
      'checks-no-scope-on-batches',
      'checks-no-scope-on-composed-messages',
      'lets-only-people-read',
      'lets-only-people-change-things',
      'lets-any-key-submit',
      'closes-submission-to-keys',
    ],
  }),
  async (kit) => {
    const { verify } = kit
    const holders = keyHolders(kit)
    verify.applies(holders.length > 0, 'no principal of the admin’s tenant has scopes in the profile')
    verify.asks(tableOfScopes(kit, holders))
    const held = holders.flatMap(({ scopes }) => scopes)
    tellUntried(kit, 'scope', { declared: kit.profile.scopes, held })
    const parts = [...calledByKeys(kit, holders), ...usedAsPasswords(kit, holders)]
    await verify.each(parts, ({ judge }) => judge())
  },
)
