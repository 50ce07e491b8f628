import { about, test } from '../../harness/check/check.ts'
import { canMakeAccounts } from '../../harness/steps/accounts.ts'
import { clockThere } from '../../harness/steps/ends-of-keys.ts'
import { keysKeepHours } from '../../harness/steps/hours-of-keys.ts'
import { hoursOfPeople } from '../../harness/steps/outside-of-rules.ts'
import { keptOutByRules } from '../../harness/steps/rules-of-people.ts'

test(
  'outside the hours that they are for, people and keys are let in nowhere, whatever time a request claims',
  about({
    practices: ['P04'],
    severity: 'medium',
    problem: 'An account or a key can be used outside its hours',
    why: 'Hours are there so that nobody acts unseen at night by what was stolen: a rule that holds at the sign-in alone, or by the clock of whoever asks, holds nobody up.',
    remediation: {
      effort: 'medium',
      how: 'Decide for every request and every message that is submitted, by the clock of the server in UTC and by a zone that is kept with the account, never by a field of the request.',
      before: 'const hour = new Date(req.headers.date ?? Date.now()).getHours()',
      after: 'const minute = Math.floor(Date.now() / 60_000) % 1440 // UTC',
    },
    references: 'CWE-693 · CWE-367 · CWE-807 · API5:2023 · ASVS 5.0 8.2.4 · ASVS 5.0 8.1.3 · ASVS 5.0 6.5.8',
    needs: ['http'],
    reach: 'intrusive',
    weaknesses: [
      'looks-at-no-hours',
      'looks-at-hours-for-http-alone',
      'looks-at-hours-at-the-sign-in-alone',
      'keeps-smtp-sessions-after-hours',
      'takes-the-time-from-the-call',
      'takes-hours-in-the-zone-of-the-call',
      'takes-hours-over-midnight-for-always',
    ],
    showsBadCredentials: true,
  }),
  async (kit) => {
    const { api, verify } = kit
    const people =
      api.has('user.update', 'hours') && canMakeAccounts(api) && api.has('session.create', 'password')
    const keys = api.has('key.create', 'hours')
    verify.applies(people || keys, 'profile declares no hours of user.update or key.create')
    const now = Date.parse((await clockThere(kit))(0))
    if (people) await keptOutByRules(kit, hoursOfPeople(now))
    if (keys) await keysKeepHours(kit, now)
  },
)
