import { about, test } from '../../harness/check/check.ts'
import { cacheFault, namedLikeAFile } from '../../harness/probes/caches.ts'
import { attemptable, prepareAttempt, tellsWhose } from '../../harness/steps/attempts.ts'
import { holderOf } from '../../harness/steps/throw-away.ts'
import { secretsOfPages } from '../../harness/steps/urls-of-pages.ts'

test(
  'no cache keeps what is for one caller alone, and no address tells others of it',
  about({
    practices: ['P21', 'P02', 'P27'],
    severity: 'high',
    problem: 'Caches may keep what is for one caller alone, or addresses tell others of it',
    why: 'A cache between hands what it has kept to whoever asks next, and it goes by the name: what looks like a file is kept.',
    remediation: {
      effort: 'low',
      how: 'Answer with Cache-Control: no-store, refuse paths that have more at their end than the route, keep sessions in cookies alone, and send Referrer-Policy: no-referrer.',
      before: 'Cache-Control: public, max-age=300',
      after: 'Cache-Control: no-store',
    },
    references:
      'CWE-524 · CWE-525 · CWE-200 · API8:2023 · ASVS 5.0 14.3.2 · ASVS 5.0 14.2.2 · ASVS 5.0 14.2.5 · ASVS 5.0 14.2.1 · ASVS 5.0 3.4.5 · CWE-598 · RFC 9111 §5.2.2.5 · WSTG-ATHN-06',
    needs: ['principal:admin'],
    reach: 'safe',
    showsBadCredentials: true,
    weaknesses: [
      'lets-caches-keep-its-answers',
      'keeps-answers-that-are-named-like-files',
      'hands-sessions-on-in-addresses',
      'tells-other-sites-whole-addresses',
    ],
  }),
  async (kit) => {
    const { api, mailbox, verify } = kit
    const pages = secretsOfPages(kit)
    const reads = attemptable(api, 'read').map((operation) => ({ name: operation, operation }))
    verify.applies(
      pages.length + reads.length > 0,
      'profile declares no read that takes a credential and can be judged by what comes of it, no dashboard and no pages',
    )
    await verify.each(pages, ({ judge }) => judge())
    await verify.each(reads, async ({ operation }) => {
      const attempt = await prepareAttempt(operation, kit)
      tellsWhose(attempt, kit)
      const principal = holderOf(api, operation) ?? 'admin'
      const [own, anonymous] = [await attempt.requestAs(principal), await attempt.requestAs(null)]
      const about = { operation, input: attempt.input }
      const answer = verify.accepted(await api.send(own, { ...about, principal }))
      await verify.each([{ name: 'Cache-Control' }], async () => {
        const fault = cacheFault(answer.response?.headers ?? [])
        verify.that(fault === null, {
          ...{ of: answer, severity: 'low', around: 'cache-control' },
          expected: 'Cache-Control: no-store',
          actual: fault ?? '',
        })
      })
      await verify.each(namedLikeAFile(mailbox.canary()), async ({ spell }) => {
        // Whatever it is answered: a cache may have kept it.
        verify.answered(await api.send(spell(own), { ...about, principal }), 'the effect decides')
        const exchange = await api.send(spell(anonymous), { ...about, principal: 'anonymous' })
        const trace = await attempt.trace(exchange)
        verify.that(trace === null, {
          of: exchange,
          expected: 'a refusal: nobody else has asked for it with a credential',
          actual: `${api.said(exchange)}, and ${trace}`,
        })
      })
    })
  },
)
