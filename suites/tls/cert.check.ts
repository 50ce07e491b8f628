import { about, test } from '../../harness/check/check.ts'
import { judgeCertificates } from '../../harness/steps/presented-certificates.ts'

test(
  'every port presents a certificate that clients can trust, for its own name, and for some time to come',
  about({
    practices: ['P06', 'P34'],
    severity: 'high',
    problem: 'A port presents a certificate that clients cannot trust',
    why: 'Callers who meet a certificate that does not fit either stop sending, or are told to look the other way: then anybody in between can read along.',
    remediation: {
      effort: 'low',
      how: 'Have each host’s certificate issued and replaced by itself (ACME), send the whole chain, and watch what expires.',
      before: 'ssl_certificate cert.pem;',
      after: 'ssl_certificate fullchain.pem;',
    },
    references:
      'CWE-295 · CWE-297 · CWE-298 · CWE-326 · ASVS 5.0 12.2.2 · RFC 5280 §6 · RFC 9525 §6 · RFC 9325 §4.5 · WSTG-CRYP-01',
    needs: ['tls'],
    reach: 'safe',
    weaknesses: [
      'signs-its-own-certificate',
      'presents-an-expired-certificate',
      'lets-its-certificate-run-out',
      'presents-the-certificate-of-another-name',
      'presents-a-short-key',
      'presents-a-certificate-signed-with-sha-1',
      'presents-the-certificate-of-a-client',
    ],
  }),
  async ({ endpoints, verify }) => {
    await verify.each(endpoints.tls(), (service) => judgeCertificates({ endpoints, verify }, service))
  },
)
