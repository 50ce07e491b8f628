import { about, test } from '../../harness/check/check.ts'
import { linkFault, linksIn } from '../../harness/probes/mail-links.ts'
import { examineByMailpit } from '../../harness/steps/mailpit-tools.ts'

test(
  'every link in delivered mail leads by https to a host that is meant for readers',
  about({
    practices: ['P27', 'P26', 'P34', 'P35'],
    severity: 'medium',
    why: 'A link to staging tells strangers where it is and is dead for readers; one without TLS can be redirected on the way.',
    remediation: {
      effort: 'low',
      how: 'Build every link from the configured public origin, and check delivered mail at each deployment.',
      before: "`http://${request.headers['host']}/u/${token}`",
      after: '`${config.publicOrigin}/u/${token}`',
    },
    references: 'CWE-601 · CWE-319 · CWE-829 · ASVS 5.0 3.7.2 · ASVS 5.0 12.2.1 · WSTG-CLNT-04',
    needs: ['message.send:html', 'mailbox', 'profile:policies.links.hosts'],
    reach: 'safe',
    weaknesses: [
      'links-to-staging-in-the-footer',
      'links-without-tls-in-the-footer',
      'links-to-a-port-in-the-footer',
      'links-to-an-address-in-the-footer',
      'links-to-another-host-in-the-footer',
      'links-without-a-host-in-the-footer',
      'shows-another-host-than-it-leads-to',
    ],
  }),
  async (kit) => {
    const { post, profile, verify } = kit
    const allowed = profile.policies.links?.hosts ?? []
    const own = `https://${allowed[0]}/offer`
    const sent = await post.send({
      html: `<p><a href="${own}">Our offer</a></p>`,
      text: `Our offer: ${own}`,
    })
    const mail = await sent.delivered()
    const links = await linksIn(mail.raw)
    verify.held(
      links.some(({ url }) => url.startsWith(`https://${allowed[0]}/`)),
      'the link that was sent did not arrive',
    )
    const judged = links.map((link) => ({ ...link, fault: linkFault(link, allowed) }))
    if (judged.some(({ fault }) => fault !== null)) await examineByMailpit(kit, sent.to)
    await verify.each(judged, async ({ url, fault, made }) => {
      verify.that(fault === null, {
        ...{ of: sent.exchange, mail, around: url, severity: made ? 'low' : undefined },
        expected: `https, and a host of ${allowed.join(', ')}`,
        actual: fault ?? '',
      })
    })
  },
)
