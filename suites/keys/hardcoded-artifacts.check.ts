import { about, test } from '../../harness/check/check.ts'
import { artifactsHoldNoSecret, holdsNoSecret, servedFiles } from '../../harness/steps/hardcoded-secrets.ts'

test(
  'no page, script, source map, document or forgotten file that is served holds a secret, and no artifact of the profile',
  about({
    practices: ['P02', 'P10', 'P26'],
    severity: 'critical',
    problem: 'A secret stands in what is served to everybody',
    why: 'Whoever looks at the source of a page, at its map or at a file that was left behind has the key, and programs look for nothing else all day.',
    remediation: {
      effort: 'medium',
      how: 'Revoke what was found and make it anew, give secrets to programs when they start from a secret manager, keep them out of all that a browser loads, and scan what is built before it is deployed.',
      before: "const key = 'sk_live_…'",
      after: 'const key = process.env.MAIL_KEY',
    },
    references:
      'CWE-798 · CWE-540 · CWE-312 · CWE-615 · API8:2023 · ASVS 5.0 13.3.1 · ASVS 5.0 13.4.1 · ASVS 5.0 13.4.7 · PCI DSS 4.0.1 8.6.2 · WSTG-INFO-05 · WSTG-CONF-04',
    needs: ['http', 'principal:admin'],
    reach: 'safe',
    showsBadCredentials: true,
    weaknesses: [
      'bundles-a-live-key',
      'bundles-a-key-of-another-service',
      'maps-the-sources-of-its-keys',
      'documents-a-live-key',
      'leaves-settings-with-a-key',
    ],
  }),
  async (kit) => {
    const { verify } = kit
    await verify.each(await servedFiles(kit), (served) => holdsNoSecret(kit, served))
    await verify.each([{ name: 'artifacts of the profile' }], () => artifactsHoldNoSecret(kit))
  },
)
