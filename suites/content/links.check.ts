import { about, test } from '../../harness/check/check.ts'
import { readHeaders } from '../../harness/probes/headers.ts'
import { hostShown, links, textLinks } from '../../harness/probes/html.ts'
import { readMail } from '../../harness/probes/mail.ts'

const internal =
  /^(localhost|.*\.(local|internal|lan)|\d+(\.\d+){3}|\[.*\])$|(^|[.-])(staging|stage|dev|test|qa)[.-]/

test(
  'every link in delivered mail leads by https to a host that is meant for readers',
  about({
    id: 'content/links',
    practices: ['P27', 'P26', 'P34', 'P35'],
    severity: 'medium',
    why: 'A link to staging tells strangers where it is and is dead for readers; one without TLS can be redirected on the way.',
    remediation:
      'Build every link from the configured public origin, and check delivered mail at each deployment.',
    references: ['CWE-601', 'CWE-319', 'CWE-829', 'ASVS 5.0 3.7.2', 'ASVS 5.0 12.2.1', 'WSTG-CLNT-04'],
    needs: ['message.send:html', 'mailbox', 'profile:policies.links.hosts'],
    reach: 'safe',
    weakness: 'links-to-staging-in-the-footer',
  }),
  async ({ api, evidence, mailbox, mailpitTools, profile, verify }) => {
    const allowed = profile.policies.links?.hosts ?? []
    const own = `https://${allowed[0]}/offer`
    const to = mailbox.address('reader')
    const exchange = await api.call('message.send', {
      to,
      subject: 'This week',
      html: `<p><a href="${own}">Our offer</a></p>`,
      text: `Our offer: ${own}`,
    })
    const delivery = await mailbox.delivery(to, exchange)
    const { html, text } = await readMail(delivery.raw)
    const fields = readHeaders(delivery.raw).fields.filter(({ name }) => /^(list-|x-)/i.test(name))
    const found = [...links(html), ...textLinks(text), ...fields.flatMap(({ value }) => textLinks(value))]
    verify.held(
      found.some(({ url }) => url.startsWith(`https://${allowed[0]}/`)),
      'the link that was sent did not arrive',
    )

    const seen = [...new Map(found.map((link) => [`${link.where} ${link.url}`, link])).values()]
    const judged = seen.map(({ url, where, text }) => ({
      name: `${where}: ${url}`,
      url,
      fault: faultOf(url, text, allowed),
    }))
    const examined = judged.some(({ fault }) => fault !== null) ? await mailpitTools.examined(to) : []
    await verify.each(judged, async ({ url, fault }, verify) => {
      verify.that(fault === null, () => ({
        ...verify.sentBy(exchange),
        expected: `https, and a host of ${allowed.join(', ')}`,
        actual: fault ?? '',
        evidence: [evidence.delivery(delivery, url), ...examined],
      }))
    })
  },
)

function faultOf(url: string, text: string | null, allowed: readonly string[]): string | null {
  // These lead to no host: an address, a number, a part of the message itself.
  if (/^(mailto|tel|sms|cid|data):/i.test(url)) return null
  if (!URL.canParse(url)) return `${url} is no absolute URL`
  const { protocol, hostname, port, username } = new URL(url)
  const shown = text === null ? null : hostShown(text)
  if (internal.test(hostname) && !allowed.includes(hostname))
    return `${url} leads to a host that is not for readers`
  if (protocol !== 'https:') return `${url} is not https`
  if (username !== '' || port !== '') return `${url} has a user or a port`
  if (!allowed.includes(hostname)) return `${hostname} is not among the hosts of the policy`
  // A link that counts clicks shows one of the sender's hosts and leads by another.
  if (shown !== null && shown !== hostname && !allowed.includes(shown))
    return `its text says ${shown}, it leads to ${hostname}`
  return null
}
