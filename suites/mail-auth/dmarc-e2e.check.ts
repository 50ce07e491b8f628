import { about, test } from '../../harness/check/check.ts'
import { authenticated, signedHere } from '../../harness/steps/authenticated-mail.ts'

test(
  'delivered mail passes DMARC by SPF and by DKIM, as its receiver evaluates it',
  about({
    practices: ['P33', 'P27', 'P35', 'P26'],
    severity: 'high',
    problem: 'Delivered mail does not pass DMARC by both SPF and DKIM',
    why: 'Where neither SPF nor DKIM speaks for the From domain, its own policy has the mail rejected.',
    remediation: {
      effort: 'medium',
      how: 'Use a return path below the customer’s domain, and sign with the customer’s own key.',
    },
    references: 'CWE-345 · RFC 9989 §5.3 · RFC 7208 §2.4 · RFC 9989 §4.4.1 · RFC 9989 §4.4.2',
    needs: ['sending', 'wire', 'profile:mail.domains'],
    reach: 'safe',
    habits: ['publishes-dmarc-without-psd'],
    weaknesses: [
      'leaves-return-path-and-signature-unaligned',
      'leaves-the-return-path-unaligned',
      'forgets-its-own-address-in-spf',
      'signs-no-composed-messages',
    ],
  }),
  async (kit) => {
    const { post, saw, verify } = kit
    signedHere(kit)
    await verify.each(post.channels, async ({ send }) => {
      const { exchange, delivered } = await send()
      const mail = await delivered()
      const { dkim, dmarc, dmarcByPsl, from, spf } = await authenticated(kit, mail, 'with SPF')
      const bySpf = `SPF ${spf.result} for ${spf.domain}${spf.aligned ? ', aligned' : ''}`
      const signatures = dkim.map((s) => `DKIM ${s.result} for d=${s.domain}${s.aligned ? ', aligned' : ''}`)
      const seen = [bySpf, ...(signatures.length === 0 ? ['no DKIM'] : signatures)].join('; ')
      saw.measured(`DMARC record: ${dmarc.record ?? 'none'}`)
      const judged = [
        { name: 'by tree walk (RFC 9989)', result: dmarc.result },
        { name: 'by the Public Suffix List (RFC 7489)', result: dmarcByPsl.result },
      ]
      const shown = { of: exchange, mail }
      await verify.each(judged, async ({ name, result }) => {
        const expected = `DMARC pass for ${from.domain} ${name}`
        verify.that(result === 'pass', { ...shown, expected, actual: `${result}: ${seen}` })
      })
      await verify.each([{ name: 'by both' }], async () => {
        const both = [spf, ...dkim].filter(({ result, aligned }) => result === 'pass' && aligned)
        const expected = 'both SPF and DKIM pass and aligned'
        verify.that(both.includes(spf) && both.length > 1, {
          ...shown,
          severity: 'low',
          expected,
          actual: seen,
        })
      })
    })
  },
)
