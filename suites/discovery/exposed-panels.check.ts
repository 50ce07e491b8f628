import { about, test } from '../../harness/check/check.ts'
import { panelsAt, placesOfPanels } from '../../harness/steps/exposed-panels.ts'

test(
  'no panel, setting, copy or metric of its makers is shown to whoever asks',
  about({
    practices: ['P30', 'P02', 'P26', 'P32'],
    severity: 'high',
    problem: 'A panel, setting, copy or metric that is for its makers is shown to whoever asks',
    why: 'What a deployment leaves behind or beside the API holds its secrets, its source or the mail of others, and asks nobody.',
    remediation: {
      effort: 'low',
      how: 'Serve the API’s own routes and nothing else from its host; bind panels to an internal network, behind a sign-in; take tools of development out of images.',
      before: 'ports: ["8025:8025"]',
      after: 'ports: ["127.0.0.1:8025:8025"]',
    },
    references:
      'CWE-489 · CWE-200 · CWE-538 · CWE-527 · CWE-1188 · API8:2023 · ASVS 5.0 13.4.1 · ASVS 5.0 13.4.2 · ASVS 5.0 13.4.4 · ASVS 5.0 13.4.5 · RFC 9110 §9.3.8 · WSTG-CONF-04 · WSTG-CONF-05',
    needs: ['http'],
    reach: 'safe',
    habits: ['answers-other-paths-with-a-page'],
    weaknesses: [
      'serves-its-repository',
      'serves-its-settings',
      'serves-its-copies',
      'serves-its-actuators',
      'serves-its-metrics',
      'serves-its-debuggers',
      'serves-its-tools',
      'serves-the-mail-that-it-caught',
      'serves-its-documents',
      'echoes-what-it-is-asked',
    ],
  }),
  async (kit) => {
    const { verify } = kit
    const places = placesOfPanels(kit)
    const judged = (place: (typeof places)[number]) =>
      verify.each(panelsAt(place, kit), ({ judge }) => judge())
    const [only] = places
    if (only !== undefined && places.length === 1) await judged(only)
    else await verify.each(places, judged)
  },
)
