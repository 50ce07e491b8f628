import { about, test } from '../../harness/check/check.ts'
import { neededOfAccounts } from '../../harness/steps/accounts.ts'
import { networksOfPeople } from '../../harness/steps/outside-of-rules.ts'
import { keptOutByRules } from '../../harness/steps/rules-of-people.ts'

test(
  'somebody who is bound to some networks is let in from no other, whatever a request claims',
  about({
    practices: ['P04', 'P13'],
    severity: 'high',
    problem: 'An account can be used from networks that it is not for',
    why: 'The rule is there for the day on which a password or a session is stolen: whoever has it then comes from anywhere.',
    remediation: {
      effort: 'medium',
      how: 'Decide by one policy for every request, at the sign-in and after it, on the address of the connection, or on what the proxy in front adds to Forwarded as the last.',
      before: "if (!within(user.networks, req.get('x-forwarded-for').split(',')[0])) deny()",
      after:
        "app.set('trust proxy', ['10.0.0.0/8']) // ours alone\nif (!within(user.networks, req.ip)) deny()",
    },
    references:
      'CWE-290 · CWE-348 · CWE-693 · API5:2023 · ASVS 5.0 8.2.4 · ASVS 5.0 8.1.3 · ASVS 5.0 15.3.4 · ASVS 5.0 4.1.3 · RFC 7239 §8.1',
    needs: [...neededOfAccounts, 'user.update:networks'],
    reach: 'intrusive',
    weaknesses: [
      'looks-at-no-network-of-people',
      'takes-the-network-of-people-from-x-forwarded-for',
      'takes-the-last-network-of-x-forwarded-for',
      'looks-at-networks-at-the-sign-in-alone',
    ],
  }),
  async (kit) => {
    await keptOutByRules(kit, networksOfPeople())
  },
)
