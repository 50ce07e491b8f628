import { about, test } from '../../harness/check/check.ts'
import { shadowRoutes } from '../../harness/steps/shadow-routes.ts'

test(
  'no route answers with data that the document does not have',
  about({
    practices: ['P30', 'P26'],
    severity: 'high',
    problem: 'Routes that no document has answer with data',
    why: 'An old version, an internal prefix or a debugging route is patched, limited and watched by nobody, and often asks for no credential.',
    remediation: {
      effort: 'medium',
      how: 'Register routes from the document alone; have the gateway refuse whatever is not in it; retire versions there.',
      before: 'location / { proxy_pass http://api; }',
      after: 'location /v1/ { proxy_pass http://api; }',
    },
    references:
      'CWE-1059 · CWE-912 · CWE-425 · CWE-489 · API9:2023 · API8:2023 · ASVS 5.0 13.4.5 · ASVS 5.0 15.2.3 · WSTG-INFO-06 · WSTG-APIT-01 · WSTG-CONF-05',
    needs: ['openapi', 'principal:admin'],
    reach: 'safe',
    habits: ['answers-other-paths-with-a-page'],
    weaknesses: [
      'keeps-an-old-version-open',
      'keeps-an-old-version',
      'serves-itself-behind-prefixes',
      'serves-other-endings-to-anybody',
      'serves-what-nobody-documents',
      'names-what-nobody-documents',
    ],
  }),
  async (kit) => {
    const { verify } = kit
    const routes = Map.groupBy(await shadowRoutes(kit), ({ kind }) => kind)
    const kinds = [...routes].map(([name, ofKind]) => ({ name, ofKind }))
    await verify.each(kinds, ({ ofKind }) => verify.each(ofKind, ({ judge }) => judge()))
  },
)
