import { about, test } from '../../harness/check/check.ts'
import { weightOfUnproven } from '../../harness/steps/outbound-promises.ts'

const bad = [
  { name: 'a certificate of an unknown authority', personality: 'untrusted-certificate' },
  { name: 'an expired certificate', personality: 'expired-certificate' },
  { name: 'a certificate for another name', personality: 'wrong-name-certificate' },
  { name: 'TLS 1.0 and 1.1 alone', personality: 'old-tls' },
] as const

test(
  'mail is not handed to an exchanger that cannot prove who it is',
  about({
    practices: ['P08', 'P06'],
    severity: 'high',
    problem: 'Mail is handed to exchangers that cannot prove who they are',
    why: 'Encryption to whoever answers protects from nobody who can answer in the exchanger’s place.',
    remediation: {
      effort: 'medium',
      how: 'Verify chain and name of the exchanger, and refuse TLS below 1.2, wherever verified delivery is promised.',
    },
    references: 'CWE-295 · CWE-297 · CWE-298 · ASVS 5.0 12.3.2 · RFC 8461 §4.2 · RFC 9525 §6 · RFC 8996',
    needs: ['sending', 'dns', 'profile:policies.outboundTls'],
    reach: 'intrusive',
    weaknesses: [
      'ignores-certificate-errors',
      'looks-at-no-name-of-exchangers',
      'speaks-old-tls-to-exchangers',
    ],
  }),
  async ({ post, profile, verify }) => {
    const promise = profile.policies.outboundTls
    const { tls } = await (await post.send()).delivered()
    verify.held(tls !== null, 'mail to an exchanger with a right certificate came without TLS')

    await verify.each(bad, async ({ personality }) => {
      const shows = personality === 'old-tls' ? 'old TLS' : 'a bad certificate'
      const handed = await post.sendTo(personality)
      const [whole] = handed.deliveries
      verify.that(handed.said(/^MAIL/i) === undefined && whole === undefined, {
        severity: weightOfUnproven(promise, shows),
        expected: 'no envelope and no message for this exchanger: deferred, then bounced',
        actual: whole
          ? `the message was handed over, with ${whole.tls?.version ?? 'no TLS'}`
          : 'the envelope was handed over',
      })
    })
  },
)
