import { about, test } from '../../harness/check/check.ts'
import { takesNothingUnasked, writings } from '../../harness/steps/unasked-members.ts'
import { waysToPower } from '../../harness/steps/unasked-power.ts'
import { waysAtSignUp } from '../../harness/steps/unasked-sign-ups.ts'

test(
  'a call takes no member that is not the caller’s to set',
  about({
    practices: ['P18', 'P03', 'P21'],
    severity: 'high',
    problem: 'Callers can set members that are not theirs to set',
    why: 'Who writes a member that the form does not show makes himself an admin, his domain verified or his object another’s.',
    remediation: {
      effort: 'medium',
      how: 'Name the members that each call takes, and refuse all others; never write a body into a row as it is.',
      before: 'Object.assign(domain, request.body)',
      after: 'const { name } = request.body',
    },
    references: 'CWE-915 · API3:2023 · ASVS 5.0 15.3.3 · ASVS 5.0 8.2.3 · WSTG-INPV-20',
    needs: ['principal:admin'],
    reach: 'intrusive',
    weaknesses: [
      'writes-unknown-members-into-columns',
      'writes-unknown-members-in-camel-case',
      'takes-verified-from-the-body',
      'takes-admins-at-their-word',
      'lets-users-make-themselves-admins',
      'takes-addresses-for-proved-at-their-word',
      'lets-people-sign-up-into-any-tenant',
    ],
  }),
  async (kit) => {
    const { verify } = kit
    const calls = writings(kit)
    verify.applies(
      calls.length > 0,
      'profile declares no call that writes the members of what can be looked at afterwards',
    )
    await verify.each(calls, ({ operation }) => takesNothingUnasked(operation, kit))
    await verify.each([...waysToPower(kit), ...waysAtSignUp(kit)], ({ judge }) => judge())
  },
)
