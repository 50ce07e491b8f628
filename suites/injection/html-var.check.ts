import { about, test } from '../../harness/check/check.ts'
import { corpus } from '../../harness/probes/corpora.ts'
import { difference } from '../../harness/probes/html.ts'
import { readMail } from '../../harness/probes/mail.ts'

const html =
  '<table><tr><td title="{{ name }}">Dear {{ name }},</td></tr></table>' +
  '<p><a href="https://shop.example/?from={{ name }}">offer</a> <a href="{{ link }}">account</a></p>'

test(
  'a merge variable stays text: it adds no element, no link and no script',
  about({
    id: 'injection/html-var',
    practices: ['P18', 'P27'],
    severity: 'high',
    why: 'Who may choose his own name writes the next mail of a trusted sender: a link to another site, or a form.',
    remediation: 'Escape by context in the template engine, and admit only http, https and mailto in links.',
    references: ['CWE-79', 'CWE-80', 'CWE-116', 'API8:2023', 'ASVS 5.0 1.2.1', 'WSTG-CLNT-03'],
    needs: ['template.create:html', 'message.send:template', 'message.send:variables', 'mailbox'],
    reach: 'intrusive',
    weakness: 'renders-variables-raw',
  }),
  async ({ api, callback, evidence, mailbox, verify }) => {
    const template = await api.call('template.create', {
      name: mailbox.canary(),
      subject: 'Hello',
      html,
      text: 'Dear {{ name }}',
    })
    const id = template.result?.['id']
    verify.held(
      typeof id === 'string',
      `template.create was answered ${template.response?.status ?? template.failure}`,
    )
    const send = async (variables: Readonly<Record<string, string>>) => {
      const to = mailbox.address('reader')
      const exchange = await api.call('message.send', { to, template: id, variables })
      const delivery = await mailbox.deliveryUnlessRefused(to, exchange)
      return { exchange, delivery, html: delivery === null ? null : (await readMail(delivery.raw)).html }
    }
    const benign = await send({ name: 'Ann', link: 'https://shop.example/account' })
    verify.held(
      benign.html?.includes('Ann') === true,
      'a benign variable does not show in the delivered HTML',
    )

    const listener = new URL(callback.url('/')).host
    const values = corpus('html', { id: mailbox.canary(), L: listener })
    const variants = values.flatMap(({ name, value }) => [
      {
        name: `${name} in text and attribute`,
        isLink: false,
        variables: { name: value, link: 'https://shop.example/account' },
      },
      { name: `${name} as link`, isLink: true, variables: { name: 'Ann', link: value } },
    ])
    // A variable that is a link may lead elsewhere, or nowhere where it was dropped, but not run anything.
    const otherLink =
      /^(added|missing): \S*>a( \[href\])?( href to (https?:\S*|mailto:\S*|a relative URL|an invalid URL))?$/
    await verify.each(variants, async ({ variables, isLink }, verify) => {
      const { exchange, delivery, html } = await send(variables)
      const all = html === null ? [] : difference(benign.html ?? '', html)
      const grown =
        all.filter((line) => line.startsWith('added')).length >
        all.filter((line) => line.startsWith('missing')).length
      const changes = isLink && !grown ? all.filter((line) => !otherLink.test(line)) : all
      verify.that(changes.length === 0, () => ({
        ...verify.sentBy(exchange),
        expected: 'the elements, attributes and link targets of the benign message',
        actual: changes.join('; '),
        evidence: [
          evidence.exchange(exchange),
          ...(delivery === null ? [] : [evidence.delivery(delivery, '<table')]),
        ],
      }))
    })
  },
)
