import { about, test } from '../../harness/check/check.ts'
import { hostClaims } from '../../harness/probes/host-claims.ts'
import { linkFault, linksIn } from '../../harness/probes/mail-links.ts'
import { type LinkingCall, linkingCalls, withoutSecrets } from '../../harness/steps/claimed-hosts.ts'
import { examineByMailpit } from '../../harness/steps/mailpit-tools.ts'

type Mailed = Awaited<ReturnType<LinkingCall['mails']>>

test(
  'every link in delivered mail leads by https to a host that is meant for readers, whatever the request says',
  about({
    practices: ['P27', 'P26', 'P34', 'P35'],
    severity: 'high',
    problem: 'Links in mail lead to hosts that are not for readers, or travel without TLS',
    why: 'A link to staging is dead for readers, one without TLS can be redirected on the way, and one that follows a header field of the request hands what opens an account to whoever wrote it.',
    remediation: {
      effort: 'low',
      how: 'Build every link from the configured public origin, and check delivered mail at each deployment.',
      before: "`http://${request.headers['host']}/u/${token}`",
      after: '`${config.publicOrigin}/u/${token}`',
    },
    references: 'CWE-601 · CWE-644 · CWE-319 · CWE-829 · ASVS 5.0 3.7.2 · ASVS 5.0 12.2.1 · WSTG-CLNT-04',
    needs: ['http', 'sending', 'mailbox'],
    reach: 'safe',
    weaknesses: [
      'links-to-staging-in-the-footer',
      'links-without-tls-in-the-footer',
      'links-to-a-port-in-the-footer',
      'links-to-an-address-in-the-footer',
      'links-to-another-host-in-the-footer',
      'links-without-a-host-in-the-footer',
      'links-without-tls-in-resets',
      'shows-another-host-than-it-leads-to',
      'leads-links-to-the-forwarded-host',
      'leads-links-to-the-host-of-the-request',
      'leads-links-to-where-the-request-comes-from',
      'takes-parts-of-links-from-the-request',
      'leads-reset-links-to-the-forwarded-host',
      'leads-reset-links-to-the-host-of-the-request',
      'leads-reset-links-to-where-the-request-comes-from',
      'takes-parts-of-reset-links-from-the-request',
    ],
  }),
  async (kit) => {
    const { mailbox, profile, verify } = kit
    const allowed = profile.policies.links?.hosts ?? []
    const own = `https://${allowed[0] ?? 'shop.example'}/offer`
    const letter = { html: `<p><a href="${own}">Our offer</a></p>`, text: `Our offer: ${own}` }
    const calls = linkingCalls(kit, letter, own)
    verify.applies(
      calls.length > 0,
      'profile declares no call by which mail with links is sent: message.send with html or text, or one such as password.forgot',
    )
    if (allowed.length === 0)
      verify.remark('where links lead was not judged: name the hosts in policies.links.hosts')

    await verify.each(calls, async ({ mails, claiming, forOthers }) => {
      const mailed = await mails()
      if (allowed.length > 0) await judgeLinks(mailed, forOthers)
      await verify.each(hostClaims, async (claim) => {
        const { led, isNameAlone, ...shown } = await claiming(claim, `${mailbox.canary()}.example`)
        verify.that(led === null, {
          ...{
            ...shown,
            around: led ?? undefined,
            severity: isNameAlone ? 'low' : claim.severity[forOthers ? 'forOthers' : 'own'],
          },
          expected: `links and addresses as they are without the field ${claim.name}`,
          actual: `${led} leads where ${claim.name} of the request says`,
        })
      })
    })

    async function judgeLinks({ of, to, mails }: Mailed, isOfTarget: boolean) {
      const found = await Promise.all(
        mails.map(async (mail) => (await linksIn(mail.raw)).map((link) => ({ ...link, mail }))),
      )
      const links = found.flat()
      verify.held(
        isOfTarget || links.some(({ url }) => url.startsWith(`https://${allowed[0]}/`)),
        'the link that was sent did not arrive',
      )
      const judged = links.map((link) => {
        const url = isOfTarget ? withoutSecrets(link.url) : link.url
        return { ...link, url, fault: linkFault({ ...link, url }, allowed) }
      })
      if (!isOfTarget && judged.some(({ fault }) => fault !== null)) await examineByMailpit(kit, to)
      await verify.each(judged, async ({ url, fault, made, mail }) => {
        verify.that(fault === null, {
          ...{ of, severity: made ? 'low' : 'medium' },
          // Mail to others may open an account by whatever is in it.
          ...(isOfTarget ? {} : { mail, around: url }),
          expected: `https, and a host of ${allowed.join(', ')}`,
          actual: fault ?? '',
        })
      })
    }
  },
)
