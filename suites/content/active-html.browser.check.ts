import { about, test } from '../../harness/browser/check.ts'
import { corpus } from '../../harness/probes/corpora.ts'
import { readMail } from '../../harness/probes/mail.ts'

const html =
  '<table><tr><td title="{{ name }}">Dear {{ name }},</td></tr></table>' +
  '<p><a href="https://shop.invalid/">account</a></p>'

test(
  'a merge variable makes its reader load, post, run and follow nothing',
  about({
    id: 'content/active-html',
    practices: ['P27', 'P18'],
    severity: 'medium',
    why: 'Whoever may choose his own name learns who opens a trusted sender’s mail, or has its links lead to him.',
    remediation:
      'Escape quotes as well as angle brackets, by context, and sanitise the HTML once more after it is rendered.',
    references: ['CWE-79', 'CWE-451', 'CWE-1021', 'API8:2023', 'ASVS 5.0 1.2.1', 'WSTG-CLNT-05'],
    needs: ['template.create:html', 'message.send:template', 'message.send:variables', 'mailbox'],
    reach: 'intrusive',
    weakness: 'leaves-quotes-in-variables',
  }),
  async ({ api, callback, evidence, mailbox, mailpitTools, pages, verify }) => {
    const name = mailbox.canary()
    const template = await api.call('template.create', {
      name,
      subject: 'Hello',
      html,
      text: 'Dear {{ name }}',
    })
    const { id } = template.result ?? {}
    verify.held(
      typeof id === 'string',
      `template.create was answered ${template.response?.status ?? template.failure}`,
    )
    const send = async (name: string) => {
      const to = mailbox.address('reader')
      const exchange = await api.call('message.send', { to, template: id, variables: { name } })
      const delivery = await mailbox.deliveryUnlessRefused(to, exchange)
      return { to, exchange, delivery, html: delivery === null ? null : (await readMail(delivery.raw)).html }
    }
    const open = (html: string) => pages.open({ html, click: 'account' })
    const benign = await send('Ann')
    verify.held(
      benign.html?.includes('Ann') === true && (await open(benign.html)).clicked,
      'a benign variable and the link of its template do not show in the delivered HTML',
    )

    const L = new URL(callback.url('/', 'https')).host
    const values = corpus('active-html', { L, id: name })
    await verify.each(values, async ({ value }, verify) => {
      const asked = async (html: string) =>
        (await open(html)).requests.filter(({ url }) => url.includes(name))
      verify.held(
        (await asked(html.replaceAll('{{ name }}', value))).length > 0,
        'the value does nothing in this browser even where it is not escaped',
      )
      const { to, exchange, delivery, html: delivered } = await send(value)
      const requests = delivered === null ? [] : await asked(delivered)
      const examined = requests.length === 0 ? [] : await mailpitTools.examined(to)
      verify.that(requests.length === 0, () => ({
        ...verify.sentBy(exchange),
        expected: 'mail in which the variable is text',
        actual: `Chromium asked for ${requests.map(({ url, what }) => `${url} (${what})`).join(', ')}`,
        evidence: [
          evidence.exchange(exchange),
          ...(delivery === null ? [] : [evidence.delivery(delivery, '<table')]),
          ...examined,
        ],
      }))
    })
  },
)
