import { about, test } from '../../harness/check/check.ts'
import { otherOrigins, waysToAsk } from '../../harness/steps/cross-origin.ts'

test(
  'no page of another origin reads an answer with its reader’s credentials',
  about({
    practices: ['P21', 'P18'],
    severity: 'medium',
    problem: 'Pages of other origins read answers with their reader’s credentials',
    why: 'Any page that a signed-in user opens reads his mail, contacts and keys in his name, and sends them to its maker.',
    remediation: {
      effort: 'low',
      how: 'Compare the whole origin with a fixed list, never null, a part or a pattern; send Vary: Origin whenever it is answered.',
      before: "reply.header('access-control-allow-origin', request.headers.origin)",
      after:
        "reply.header('vary', 'Origin')\nif (ours.has(request.headers.origin)) reply.header('access-control-allow-origin', request.headers.origin)",
    },
    references: 'CWE-942 · CWE-346 · API8:2023 · ASVS 5.0 3.4.2 · ASVS 5.0 3.5.2 · WSTG-CLNT-07',
    needs: ['principal:admin'],
    reach: 'safe',
    weaknesses: [
      'reflects-any-origin',
      'trusts-the-null-origin',
      'trusts-origins-by-their-beginning',
      'trusts-origins-by-their-end',
      'trusts-any-sub-domain',
      'trusts-its-host-in-the-clear',
      'trusts-its-host-at-any-port',
      'has-caches-share-what-it-allows',
    ],
  }),
  async (kit) => {
    const { verify } = kit
    const ways = await waysToAsk(kit)
    await verify.each(otherOrigins(kit), async ({ origin = '' }) => {
      verify.applies(origin !== '', 'no page can have such an origin here')
      await verify.each(ways, async ({ ask }) => {
        const { exchange, trusted, shared } = await ask(origin)
        const says = `${exchange.response?.status}, Access-Control-Allow-Origin: ${origin}`
        verify.that(!trusted, {
          ...{ of: exchange, expected: `no leave for a page of ${origin} to use its reader’s credentials` },
          actual: `${says}, Access-Control-Allow-Credentials: true`,
        })
        if (shared === null) return
        verify.that(!shared, {
          ...{ of: exchange, severity: 'low', expected: 'Vary: Origin, or Cache-Control: no-store' },
          actual: `${says} and neither: a cache hands it to pages of other origins`,
        })
      })
    })
  },
)
