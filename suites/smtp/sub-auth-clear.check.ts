import { about, test } from '../../harness/check/check.ts'
import { authInClear, offers } from '../../harness/steps/sasl.ts'

/** Mechanisms that give the password away, or need none, even within TLS. */
const weak = ['ANONYMOUS', 'CRAM-MD5', 'DIGEST-MD5', 'NTLM']

test(
  'credentials are neither asked for nor taken before TLS',
  about({
    practices: ['P08', 'P05', 'P02'],
    severity: 'critical',
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
      'announces-auth-before-tls',
      'accepts-any-mechanism-before-tls',
      'offers-cram-md5',
    ],
  }),
  async (kit) => {
    const { post, submission, verify } = kit
    const operation = 'submission.authenticate'
    const within = await post.signIn()
    within.close()
    verify.accepted(within.exchange)

    await verify.each(authInClear(kit), async ({ attempt }) => {
      const { code, asked } = await attempt()
      verify.that(code !== 235 && !asked, {
        ...{ operation, severity: code === 235 ? 'critical' : 'high' },
        expected: '530, 538, 502 or 503',
        actual: code === 235 ? '235: the server took the credentials' : '334: the server asked for them',
      })
      verify.held(
        ![421, 451, 454].includes(code),
        `AUTH in clear was put off with ${code}`,
        'raise the limit of the submission service for this environment',
      )
    })
    await verify.each(offers(kit, submission.ports), async ({ encrypted, mechanisms }) => {
      const offered = await mechanisms()
      const found = encrypted ? offered.filter((name) => weak.includes(name.toUpperCase())) : offered
      verify.that(found.length === 0, {
        ...{ operation, severity: encrypted ? 'medium' : 'high' },
        expected: encrypted ? 'no weak mechanism' : 'no AUTH before TLS',
        actual: encrypted
          ? `${found.join(' ')} is offered`
          : `AUTH ${found.join(' ')} is offered in clear text`,
      })
    })
  },
)
