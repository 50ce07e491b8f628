import { about, test } from '../../harness/check/check.ts'
import { callsToTry, prepareAttempt } from '../../harness/steps/attempts.ts'
import {
  isRefused,
  refusedWithoutCredential,
  waysOfShowing,
} from '../../harness/steps/made-up-credentials.ts'

test(
  'no operation answers without a valid credential, however the request is spelled',
  about({
    practices: ['P01', 'P02', 'P30'],
    severity: 'critical',
    problem: 'Calls are answered without a valid credential',
    why: 'A route that authentication does not cover, or that another spelling of its path leads around, is open to everyone.',
    remediation: {
      effort: 'low',
      how: 'Authenticate after routing, deny by default, and refuse a request with two Authorization fields.',
    },
    references: 'CWE-306 · CWE-288 · CWE-287 · API2:2023 · API5:2023 · ASVS 5.0 8.3.1 · WSTG-ATHN-04',
    needs: ['principal:admin'],
    reach: 'safe',
    showsBadCredentials: true,
    habits: ['answers-other-paths-with-a-page'],
    weaknesses: [
      'authenticates-only-lower-case-paths',
      'lowers-paths-in-capitals-after-authentication',
      'authenticates-nobody',
      'takes-any-authorization-for-a-credential',
      'takes-an-empty-header-for-a-session',
      'takes-a-scheme-without-a-token-for-a-session',
      'takes-null-for-a-token',
      'takes-undefined-for-a-token',
      'takes-an-object-for-a-token',
      'takes-an-empty-user-and-password',
      'looks-at-a-single-authorization-field-alone',
      'collapses-slashes-after-authentication',
      'resolves-dots-after-authentication',
      'decodes-dots-after-authentication',
      'drops-path-parameters-after-authentication',
      'drops-slashes-at-the-end-after-authentication',
      'negotiates-by-the-end-of-the-path',
      'decodes-paths-after-authentication',
      'serves-what-x-original-url-names',
      'serves-what-x-rewrite-url-names',
      'serves-what-x-http-method-override-names',
      'verifies-tokens-on-one-route-alone',
    ],
  }),
  async (kit) => {
    const { api, verify } = kit
    await verify.each(waysOfShowing(kit), (way) => isRefused(way, kit))
    await verify.each(callsToTry(api), async ({ operation }) => {
      verify.applies(
        api.profile.operations[operation]?.documented?.asks !== false,
        'nothing in the document says that it wants a credential',
      )
      const attempt = await prepareAttempt(operation, kit)
      if (attempt.isOfSteps) return attempt.notCarriedOut(await attempt.tryAs(null), ofSteps)
      await refusedWithoutCredential(operation, attempt, kit)
    })
  },
)

// What the first call of several gives may be meant to open the last one: a place to upload to, say.
const ofSteps = 'a refusal of the first call, which has no credential'
