import { about, test } from '../../harness/check/check.ts'
import { attemptable, prepareAttempt } from '../../harness/steps/attempts.ts'
import { NotApplicable } from '../../harness/verdicts.ts'

test(
  'a key does what its scopes say and nothing else',
  about({
    id: 'keys/scope-matrix',
    practices: ['P12', 'P14', 'P21'],
    severity: 'critical',
    why: 'A send-only key that leaks from a web server then also gives away contacts, analytics and other keys.',
    remediation: 'Decide every operation by one table of scopes, and deny what it does not name.',
    references: ['CWE-269', 'CWE-285', 'CWE-862', 'CWE-272', 'API5:2023', 'ASVS 5.0 8.2.1', 'WSTG-ATHZ-02'],
    needs: ['profile:scopes', 'principal:admin', 'mailbox'],
    reach: 'intrusive',
    weakness: 'checks-no-scope-on-exports',
  }),
  async ({ api, ground, profile, verify }) => {
    const holders = Object.entries(profile.principals).filter(
      ([, p]) => p.scopes !== undefined && p.tenant === profile.principals['admin']?.tenant,
    )
    if (holders.length === 0)
      throw new NotApplicable('no principal of the admin’s tenant has scopes in the profile')
    const unknown = holders.flatMap(([, { scopes = [] }]) =>
      scopes.filter((scope) => !(scope in profile.scopes)),
    )
    verify.held(
      unknown.length === 0,
      `what ${unknown[0]} grants is not known`,
      'list it under scopes in the profile',
    )
    const cells = holders.flatMap(([principal, { scopes = [] }]) => {
      const granted = new Set(scopes.flatMap((scope) => profile.scopes[scope] ?? []))
      return attemptable(api)
        .filter((operation) => !granted.has(operation))
        .map((operation) => ({
          name: `${principal} (${scopes.join(' ')}) tries ${operation}`,
          principal,
          operation,
        }))
    })
    for (const [principal, { scopes = [] }] of holders) {
      const granted = scopes.flatMap((scope) => profile.scopes[scope] ?? [])
      // A key may make no wider ones, which says nothing of whether it lives.
      const own = [...attemptable(api), 'principal.get'].find(
        (o) => (granted.includes(o) || o === 'principal.get') && !/^key\.(create|update|rotate)$/.test(o),
      )
      verify.held(own !== undefined && api.has(own), `nothing shows that the key of ${principal} lives`)
      const { input } = own === 'principal.get' ? { input: {} } : await prepareAttempt(own ?? '', ground)
      const exchange = await api.call(own ?? '', input, principal)
      verify.held(exchange.answer === 'accepted', `${principal} was refused its own ${own}`)
    }
    await verify.each(cells, async ({ principal, operation }, verify) => {
      const attempt = await prepareAttempt(operation, ground)
      const exchange = await api.call(operation, attempt.input, principal)
      await verify.notCarriedOut(attempt, exchange, `${operation} refused to a key of ${principal}'s scopes`)
    })
  },
)
