import { about, test } from '../../harness/check/check.ts'
import { usesNoted } from '../../harness/steps/uses-of-ended-keys.ts'

test(
  'the use of a key that has ended is recorded under its id, and whoever made it is told',
  about({
    practices: ['P16', 'P11', 'P22'],
    severity: 'medium',
    problem: 'Nobody sees that a key which has ended is used on',
    why: 'A key is revoked or rotated because somebody else may have it: that it is shown again is how one learns that somebody does, or that a program of one’s own was forgotten.',
    remediation: {
      effort: 'medium',
      how: 'Keep the hashes of keys that have ended, record each use with the key’s id, the reason, the address and the time, tell its owner, and note when each key was used last.',
      before:
        'const key = keys.find((each) => each.hash === hash && !each.revokedAt)\nif (!key) return unauthorized()',
      after:
        'const key = keys.find((each) => each.hash === hash)\nif (!key) return unauthorized()\nif (key.revokedAt) {\n  audit.record({ key: key.id, reason: "key_revoked", ip, at: new Date() })\n  return unauthorized()\n}',
    },
    references:
      'CWE-778 · CWE-223 · API2:2023 · ASVS 5.0 16.3.1 · ASVS 5.0 16.3.3 · PCI DSS 4.0.1 10.2.1.4 · PCI DSS 4.0.1 10.4.1.1',
    needs: ['key.create', 'audit.list'],
    reach: 'intrusive',
    showsBadCredentials: true,
    weaknesses: [
      'takes-keys-that-have-ended-for-unknown-ones',
      'forgets-the-secrets-of-rotated-keys',
      'records-no-ended-keys-at-submission',
      'says-not-why-keys-are-refused',
      'keeps-no-addresses-in-the-audit-log',
      'tells-nobody-of-ended-keys',
      'notes-no-use-of-keys',
      'notes-no-use-of-keys-at-submission',
    ],
  }),
  async (kit) => {
    await kit.verify.each(await usesNoted(kit), ({ judge }) => judge())
  },
)
