import { about, test } from '../../harness/check/check.ts'
import {
  answersOverTls,
  callsOverTls,
  isDeafInClear,
  keepsToTls,
  placesToCallInClear,
} from '../../harness/steps/calls-in-clear.ts'

test(
  'no call is answered without TLS, and browsers are told to stay with it',
  about({
    practices: ['P06', 'P02'],
    severity: 'high',
    problem: 'Calls are answered without TLS, or browsers are not told to stay with it',
    why: 'A key that crosses in clear once is everybody’s; where such a call works, or is led on to TLS, nobody notices that it does.',
    remediation: {
      effort: 'low',
      how: 'Close the port for clear text of an API, or refuse there whatever comes; send Strict-Transport-Security with each answer.',
      before: 'server { listen 80; location / { proxy_pass http://api; } }',
      after: 'server { listen 80; return 403; }',
    },
    references:
      'CWE-319 · CWE-523 · CWE-757 · ASVS 5.0 12.2.1 · ASVS 5.0 4.1.2 · ASVS 5.0 3.4.1 · RFC 6797 §6.1.1 · WSTG-CRYP-03 · WSTG-CONF-07',
    needs: ['http', 'principal:admin'],
    reach: 'safe',
    showsBadCredentials: true,
    habits: ['refuses-calls-in-clear-by-http'],
    weaknesses: [
      'serves-calls-in-clear',
      'redirects-calls-in-clear',
      'has-browsers-forget-tls-in-a-day',
      'says-nothing-of-tls-to-browsers',
    ],
  }),
  async (kit) => {
    const overTls = await callsOverTls(kit)
    await kit.verify.each(placesToCallInClear(kit), (place) => isDeafInClear(kit, overTls, place))
    await kit.verify.each(answersOverTls(kit, overTls), (answer) => keepsToTls(kit, answer))
  },
)
