import { about, test } from '../../harness/check/check.ts'
import { authenticated, signedContents, signedHere } from '../../harness/steps/authenticated-mail.ts'

test(
  'every message is signed for the domain of its From, whatever it holds',
  about({
    practices: ['P33', 'P27', 'P35'],
    severity: 'high',
    problem: 'Mail leaves without a valid DKIM signature of its From domain',
    why: 'Mail without a valid aligned signature ends in the junk folder, and nobody can tell it from a forgery.',
    remediation: {
      effort: 'medium',
      how: 'Sign for each sending domain with its own key, relaxed/relaxed, as the last step before the wire.',
    },
    references: 'CWE-345 · CWE-347 · ASVS 5.0 11.3.3 · RFC 6376 §6.1 · RFC 9989 §4.4.1',
    needs: ['sending', 'wire', 'profile:mail.domains'],
    reach: 'safe',
    habits: ['drops-what-it-cannot-send', 'breaks-on-what-it-cannot-send', 'publishes-dmarc-without-psd'],
    weaknesses: [
      'signs-with-the-provider-domain-only',
      'signs-no-composed-messages',
      'adds-a-line-after-signing',
      'doubles-dots-after-signing',
      'encodes-subjects-after-signing',
      'rewrites-links-after-signing',
      'scans-attachments-after-signing',
    ],
  }),
  async (kit) => {
    const { post, verify } = kit
    signedHere(kit)
    await (await post.send()).delivered()
    await verify.each([...signedContents(kit), ...post.channels], async ({ send }) => {
      const sent = await send()
      const mail = await sent.deliveredUnlessRefused()
      verify.applies(mail !== null, 'the target takes no such message')
      if (mail === null) return
      const { dkim, from } = await authenticated(kit, mail)
      const seen = dkim.map(
        ({ domain, selector, result, aligned, comment }) =>
          `d=${domain} s=${selector} ${result}${comment === null ? '' : ` (${comment})`}${aligned ? ', aligned' : ''}`,
      )
      verify.that(
        dkim.some(({ result, aligned, alignedByPsl }) => result === 'pass' && aligned && alignedByPsl),
        {
          ...{ of: sent.exchange, mail, around: 'DKIM-Signature' },
          expected: `a signature that verifies, with d= aligned to ${from.domain}`,
          actual: seen.join('; ') || 'no signature',
        },
      )
    })
  },
)
