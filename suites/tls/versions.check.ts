import { about, test } from '../../harness/check/check.ts'
import { describeAnswer, describeOffer } from '../../harness/probes/tls.ts'
import { tlsFaults } from '../../harness/probes/tls-faults.ts'
import { surveyTls } from '../../harness/probes/tls-survey.ts'

test(
  'every port speaks TLS 1.2 and later only, with suites that keep their promise',
  about({
    practices: ['P06', 'P34'],
    severity: 'high',
    problem: 'A port speaks TLS older than 1.2, or suites that do not keep their promise',
    why: 'What a server still answers to, somebody in between can talk both sides into.',
    remediation: {
      effort: 'low',
      how: 'Offer TLS 1.2 and 1.3 only, with ECDHE and AEAD suites (RFC 9325 §4.2), on every host.',
      before: 'ssl_protocols TLSv1 TLSv1.1 TLSv1.2;',
      after: 'ssl_protocols TLSv1.2 TLSv1.3; ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20;',
    },
    references:
      'CWE-326 · CWE-327 · CWE-757 · ASVS 5.0 12.1.1 · RFC 8996 · RFC 9325 §3.1.1 · RFC 9325 §4 · RFC 7919 · WSTG-CRYP-01',
    needs: ['tls'],
    reach: 'safe',
    weaknesses: [
      'offers-tls-1-0',
      'offers-tls-1-1',
      'offers-suites-without-encryption',
      'offers-suites-without-a-certificate',
      'offers-cbc-suites',
      'offers-suites-without-forward-secrecy',
      'offers-small-finite-fields',
      'offers-small-curves',
      'has-no-starttls',
    ],
  }),
  async ({ endpoints, profile, verify }) => {
    await verify.each(endpoints.tls(), async (service) => {
      const survey = await surveyTls(service.offer)
      const answers = [...survey.versions.values()].flat().map(({ answer }) => answer)
      verify.held(
        answers.some(({ kind }) => kind === 'server-hello' || kind === 'no-starttls'),
        `no handshake came about: ${[...new Set(answers.map(describeAnswer))].join('; ')}`,
        'see whether the profile names the right port, and the target’s log',
      )
      await verify.each(
        tlsFaults(survey, profile.policies.tls?.minimum),
        async ({ shown, handshake, openssl, ...claim }) => {
          service.show(handshake, openssl)
          verify.held(
            shown !== null,
            `${describeOffer(handshake.offer)} got no clear answer: ${claim.actual}`,
            'raise the limit on connections for this environment, or see the target’s log',
          )
          verify.that(shown !== true, { operation: service.operation, ...claim })
        },
      )
    })
  },
)
