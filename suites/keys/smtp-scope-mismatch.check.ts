import { about, test } from '../../harness/check/check.ts'
import {
  keysThatDoNotSend,
  keyThatSubmits,
  listsMailOfProjects,
  namingTheNeighbour,
  submittedInProject,
} from '../../harness/steps/keys-that-submit.ts'
import { twoProjects } from '../../harness/steps/projects.ts'

test(
  'what binds a key by HTTP binds it where mail is submitted, and nothing that a session says unbinds it',
  about({
    practices: ['P12', 'P14', 'P19'],
    severity: 'high',
    problem: 'A key does by SMTP what it is not let do by HTTP',
    why: 'A key that may only read, or speaks for one customer, is handed out more freely; by SMTP it sends in the name of all.',
    remediation: {
      effort: 'medium',
      how: 'Decide for both channels in one place, by the key alone; refuse or ignore an authzid, and take no tenant or project from a header.',
      before: 'const account = accountOf(authzid || user)',
      after: 'if (authzid && authzid !== user) throw new Unauthenticated()\nconst account = accountOf(key)',
    },
    references:
      'CWE-863 · CWE-288 · CWE-1220 · API5:2023 · ASVS 5.0 8.2.1 · ASVS 5.0 8.3.1 · RFC 4616 §2 · RFC 6409 §6.1',
    needs: ['key.create', 'message.send', 'submission', 'wire'],
    reach: 'intrusive',
    weaknesses: [
      'lets-any-key-submit',
      'acts-for-whom-authzid-names',
      'submits-for-the-tenant-of-a-field',
      'submits-for-the-project-of-a-field',
      'submits-for-no-project',
    ],
    habits: ['takes-no-notice-of-authzid', 'replaces-senders-that-are-not-verified'],
  }),
  async (kit) => {
    const { verify } = kit
    const key = await keyThatSubmits(kit)
    const ofProjects = listsMailOfProjects(kit) ? submittedInProject(kit, await twoProjects(kit)) : []
    const parts = [...keysThatDoNotSend(kit), ...namingTheNeighbour(kit, key), ...ofProjects]
    await verify.each(parts, ({ judge }) => judge())
  },
)
