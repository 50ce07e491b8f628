import { about, test } from '../../harness/check/check.ts'
import { guardForAll } from '../../harness/steps/guard-for-all.ts'
import { givenEarly } from '../../harness/steps/half-sign-ins.ts'
import {
  neededOfFactors,
  rolesToEnroll,
  secondFactors,
  signsInByCode,
} from '../../harness/steps/second-factors.ts'

test(
  'a right password alone opens nothing where a second factor is asked for',
  about({
    practices: ['P05', 'P03'],
    severity: 'critical',
    problem: 'What a password alone gives lets in, before the second factor',
    why: 'Passwords leak. A second factor that the sign-in page asks for, and the API does without, protects nobody.',
    remediation: {
      effort: 'medium',
      how: 'Answer a right password with a challenge that is good for the next step alone, and make session, token and cookie when that was met.',
      before: "if (user.totp) return { token: await issue(user, { mfa: false }), next: 'totp' }",
      after: 'if (user.totp) return { challenge: await challenges.begin(user) }',
    },
    references:
      'CWE-308 · CWE-304 · CWE-288 · API2:2023 · ASVS 5.0 6.3.3 · ASVS 5.0 6.3.4 · WSTG-ATHN-11 · PCI DSS 4.0.1 8.4.2',
    needs: neededOfFactors,
    reach: 'intrusive',
    weaknesses: ['gives-a-token-before-the-second-factor', 'sets-the-cookie-before-the-second-factor'],
  }),
  async (kit) => {
    const { verify } = kit
    const factors = secondFactors(kit)
    const judge = async ({ role }: { readonly role: string | undefined }) => {
      const person = await factors.enroll('careful', role)
      const begun = await factors.passwordAlone(person)
      const whole = guardForAll(() => signsInByCode(kit, factors, person, begun))
      await verify.each(givenEarly(kit, person, begun), async ({ opens }) => {
        const of = await whole.atOnce(opens)
        if (of === null) await whole.holds()
        verify.that(of === null, {
          ...{ of: of ?? undefined, operation: 'session.create' },
          expected: 'a challenge, which opens nothing before a code was shown',
          actual: 'it lets its reader in without one',
        })
      })
    }
    await verify.each(rolesToEnroll(kit), judge)
  },
)
