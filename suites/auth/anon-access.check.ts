import { about, test } from '../../harness/check/check.ts'
import { anonymousForms } from '../../harness/probes/anonymous.ts'
import { attemptable, prepareAttempt } from '../../harness/steps/attempts.ts'

test(
  'no operation answers without a valid credential, however the request is spelled',
  about({
    id: 'auth/anon-access',
    practices: ['P01', 'P02', 'P30'],
    severity: 'critical',
    why: 'A route that authentication does not cover, or that another spelling of its path leads around, is open to everyone.',
    remediation:
      'Authenticate after routing, deny by default, and refuse a request with two Authorization fields.',
    references: ['CWE-306', 'CWE-288', 'CWE-287', 'API2:2023', 'API5:2023', 'ASVS 5.0 8.3.1', 'WSTG-ATHN-04'],
    needs: ['principal:admin', 'mailbox'],
    reach: 'intrusive',
    weakness: 'authenticates-only-lower-case-paths',
  }),
  async ({ api, ground, verify }) => {
    const { origin } = new URL(api.profile.target.url)
    const nowhere = await api.send(
      { method: 'GET', origin, path: `/${crypto.randomUUID()}`, headers: [], body: null },
      { operation: null, principal: 'anonymous' },
    )
    verify.held(nowhere.answer !== 'accepted', 'a path that does not exist is answered like one that does')
    const operations = attemptable(api).map((name) => ({ name }))
    await verify.each(operations, async ({ name: operation }, verify) => {
      const attempt = await prepareAttempt(operation, ground)
      const plain = await api.prepare(operation, attempt.input, null)
      // Where it takes no trick at all, the tricks are no findings of their own.
      const bare = await api.send(plain, { operation, principal: 'anonymous' })
      if (bare.answer === 'accepted')
        await verify.notCarriedOut(attempt, bare, 'a refusal: the request has no valid credential')
      await verify.each(anonymousForms, async ({ spell }, verify) => {
        const exchange = await api.send(spell(plain), { operation, principal: 'anonymous' })
        // Another spelling may be a path that does not exist, but an answer it must have.
        if (exchange.response === null || exchange.answer === 'limited') verify.answered(exchange)
        if (exchange.answer === 'accepted')
          await verify.notCarriedOut(attempt, exchange, 'a refusal: the request has no valid credential')
      })
      // Effects are looked for once an operation, whatever the answers were.
      const last = await api.send(plain, { operation, principal: 'anonymous' })
      await verify.notCarriedOut(attempt, last, 'no effect of requests without a valid credential')
    })
  },
)
