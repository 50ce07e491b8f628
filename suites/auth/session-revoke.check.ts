import { about, test } from '../../harness/check/check.ts'
import { neededOfAccounts } from '../../harness/steps/accounts.ts'
import { guardForAll } from '../../harness/steps/guard-for-all.ts'
import { endsOfSessions, keptSession, outlived, weightOf } from '../../harness/steps/sessions.ts'

test(
  'a session ends when its holder signs out, is deactivated, or may do less',
  about({
    practices: ['P03', 'P15', 'P16'],
    severity: 'high',
    problem: 'A session goes on when it should have ended',
    why: 'Whoever has stolen a session, or has just left the company, keeps all that it opens for as long as its token lives.',
    remediation: {
      effort: 'medium',
      how: 'Look up for every request whether the session has ended and what its holder may do now: a token says what was so when it was signed. Where that is too dear, let tokens live for minutes and push what ends to every server.',
      before: 'const { sub, role } = await verify(token)\nreturn { id: sub, role }',
      after:
        'const { sub, jti, iat } = await verify(token)\nconst user = await users.find(sub)\nif (!user?.active || iat < user.sessionsFrom || (await ended.has(jti))) throw new Unauthenticated()\nreturn user',
    },
    references:
      'CWE-613 · CWE-384 · API2:2023 · ASVS 5.0 7.4.1 · ASVS 5.0 7.4.2 · ASVS 5.0 7.4.3 · ASVS 5.0 8.3.2 · WSTG-SESS-06',
    needs: neededOfAccounts,
    reach: 'intrusive',
    weaknesses: [
      'looks-at-tokens-and-at-no-session',
      'signs-out-in-the-browser-alone',
      'asks-at-the-sign-in-alone-who-is-active',
      'keeps-sessions-of-users-who-were-removed',
      'keeps-sessions-after-a-new-password',
      'takes-the-role-from-the-token',
    ],
  }),
  async (kit) => {
    const { profile, verify } = kit
    const ends = endsOfSessions(kit)
    verify.applies(ends.length > 0, 'profile declares nothing that ends a session, such as session.end')
    const kept = await keptSession(kit)
    const others = guardForAll(async () =>
      verify.held((await kept.letsIn()) !== null, 'a session that was kept does not let in now either'),
    )
    const promised = profile.policies.tokens?.revocation ?? 60

    await verify.each(ends, async ({ operation, make, bring }) => {
      const { by, open } = await others.atOnce(async () => {
        const end = await bring(await make())
        return { by: end.by, open: await outlived(end, promised, kept) }
      })
      const { of, seconds } = open ?? { of: undefined, seconds: 0 }
      verify.that(open === null, {
        ...{ operation, of, after: by, severity: weightOf(seconds, promised) },
        expected: `the session is over after ${promised} s`,
        actual: `it let its holder in for ${seconds === null ? 'more than a minute' : `${seconds} s`}`,
      })
      await others.holds()
    })
  },
)
