import { about, test } from '../../harness/check/check.ts'
import { keptAnswers } from '../../harness/steps/kept-answers.ts'
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
    const parts = [...secretsOfPages(kit), ...keptAnswers(kit)]
    kit.verify.applies(
      parts.length > 0,
      'profile declares no read that takes a credential and can be judged by what comes of it, no dashboard and no pages',
    )
    await kit.verify.each(parts, ({ judge }) => judge())
  },
)
