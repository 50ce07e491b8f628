import { about, test } from '../../harness/check/check.ts'
import { callsThatGiveIds, leadNowhere } from '../../harness/steps/made-ids.ts'

test(
  'the id of an object leads to no other one',
  about({
    practices: ['P21', 'P18'],
    severity: 'low',
    problem: 'Ids of objects lead to others: they can be counted or guessed',
    why: 'Where ids are counted, whoever finds one call without a look at the tenant reads everything, and everybody sees how much is sent.',
    remediation: {
      effort: 'medium',
      how: 'Make ids of 128 random bits (UUIDs of version 4), or of a time and 80 random bits (ULIDs, UUIDs of version 7).',
      before: 'id INTEGER PRIMARY KEY AUTOINCREMENT',
      after: 'id TEXT PRIMARY KEY DEFAULT (gen_random_uuid())',
    },
    references:
      'CWE-340 · CWE-330 · CWE-639 · API1:2023 · ASVS 5.0 11.5.1 · ASVS 5.0 8.2.2 · RFC 9562 §8 · WSTG-SESS-04',
    needs: ['principal:admin'],
    reach: 'intrusive',
    weaknesses: ['counts-objects', 'makes-ids-of-the-time', 'makes-short-ids'],
  }),
  async (kit) => {
    const { verify } = kit
    const calls = callsThatGiveIds(kit)
    verify.applies(calls.length > 0, 'profile declares no call that makes something and gives its id')
    await verify.each(calls, ({ operation }) => leadNowhere(operation, kit))
  },
)
