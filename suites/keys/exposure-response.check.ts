import { about, test } from '../../harness/check/check.ts'
import { stopsOn } from '../../harness/steps/key-channels.ts'
import { reportedKey } from '../../harness/steps/reports-of-keys.ts'

/** Seconds, where the target promises nothing. */
const usual = 60

test(
  'a key that is reported as exposed stops on every channel, whoever made it is told, and nobody else’s key can be reported away',
  about({
    practices: ['P11', 'P16', 'P02'],
    severity: 'high',
    problem: 'A report of an exposed key ends nothing, ends the wrong key, or is told to nobody',
    why: 'Keys are found in public repositories within minutes, by friends and others: between the report and its end a key sends in its owner’s name.',
    remediation: {
      effort: 'medium',
      how: 'Take reports from anybody who shows the key itself, answer the same to all of them, revoke the key everywhere at once, write it into the audit log, and mail whoever made it.',
      before: "app.post('/exposed-keys', ({ body }) => support.mail(body.key))",
      after:
        "app.post('/exposed-keys', ({ body }) => {\n  const key = keys.byHash(hash(body.key))\n  if (key) { revoke(key); audit.record(key, 'exposed'); tellOwner(key) }\n  return { message: 'thank you' }\n})",
    },
    references:
      'CWE-798 · CWE-522 · CWE-778 · API2:2023 · ASVS 5.0 13.3.1 · ASVS 5.0 16.3.3 · PCI DSS 4.0.1 8.6.3',
    needs: ['key.create', 'key.report'],
    reach: 'intrusive',
    showsBadCredentials: true,
    weaknesses: [
      'does-nothing-about-exposed-keys',
      'revokes-exposed-keys-for-http-alone',
      'keeps-smtp-sessions-of-exposed-keys',
      'revokes-keys-by-their-id',
      'revokes-keys-by-their-prefix',
      'tells-which-keys-are-real',
      'records-no-exposed-keys',
      'tells-nobody-of-exposed-keys',
    ],
  }),
  async (kit) => {
    const { profile, verify } = kit
    const { channels, by, other, parts } = await reportedKey(kit)
    const { exposure: promised = usual } = profile.policies.keys ?? {}
    if (profile.policies.keys?.exposure === undefined)
      verify.remark(
        `the profile does not say how soon it stops (policies.keys.exposure): ${usual} s were waited`,
      )
    await stopsOn(kit, channels, { by, promised, what: 'it was reported', worst: 'high' }, other)
    await verify.each(parts, ({ judge }) => judge())
  },
)
