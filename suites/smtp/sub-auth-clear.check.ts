import { about, test } from '../../harness/check/check.ts'
import { authIsRefusedInClear, offersAreSafe } from '../../harness/steps/sasl.ts'

test(
  'credentials are neither asked for nor taken before TLS',
  about({
    practices: ['P08', 'P05', 'P02'],
    severity: 'critical',
    problem: 'Credentials are asked for, or taken, before TLS',
    why: 'A client that authenticates in clear text shows its key to everyone on the way, and then it is theirs.',
    remediation: {
      effort: 'low',
      how: 'Offer AUTH only after TLS (answer 538 or 530 before), and only PLAIN, LOGIN, OAUTHBEARER or SCRAM.',
    },
    references: 'CWE-523 · CWE-319 · API2:2023 · ASVS 5.0 12.3.1 · RFC 4954 §4 · RFC 4954 §9 · RFC 8314 §4.1',
    needs: ['submission:starttls'],
    reach: 'intrusive',
    weaknesses: [
      'accepts-auth-before-tls',
      'accepts-auth-without-any-tls',
      'announces-auth-before-tls',
      'accepts-any-mechanism-before-tls',
      'offers-cram-md5',
    ],
  }),
  async (kit) => {
    await authIsRefusedInClear(kit)
    await offersAreSafe(kit)
  },
)
