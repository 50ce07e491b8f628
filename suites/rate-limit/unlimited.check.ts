import { about, test } from '../../harness/check/check.ts'
import { type Unbounded, unboundedThings } from '../../harness/steps/no-limit.ts'

test(
  'there is some limit on messages in a row, and on the recipients of one',
  about({
    practices: ['P17'],
    severity: 'medium',
    problem: 'Nothing limits messages in a row, or the recipients of one',
    why: 'Where nothing was promised nobody has looked, and a stolen key sends until somebody complains.',
    remediation: {
      effort: 'medium',
      how: 'Give every key and every source a budget of messages and of recipients, in one shared limiter, and answer 429 with Retry-After.',
    },
    references: 'CWE-770 · CWE-799 · API4:2023 · API6:2023 · ASVS 5.0 2.4.1',
    needs: ['message.send', 'message.send:to'],
    reach: 'disruptive',
    weaknesses: ['has-no-limit-for-sending', 'takes-any-number-of-recipients'],
    habits: ['drops-what-it-cannot-send', 'breaks-on-what-it-cannot-send', 'hangs-up-on-what-it-cannot-send'],
    silentOn: ['limits.send.limit'],
    exclusive: true,
  }),
  async (kit) => {
    const judge = (one: Unbounded) => one.judge()
    await kit.verify.each(unboundedThings(kit), judge, 'one by one')
  },
)
