import { about, test } from '../../harness/check/check.ts'
import { corpus } from '../../harness/probes/corpora.ts'
import { difference, onlyBrokenLinks, onlyOtherLink } from '../../harness/probes/html.ts'
import { templateMail } from '../../harness/steps/template-mail.ts'

const template =
  '<table><tr><td title="{{ name }}">Dear {{ name }},</td></tr></table>' +
  '<p><a href="https://shop.example/?from={{ name }}">offer</a> <a href="{{ link }}">account</a></p>'

test(
  'a merge variable stays text: it adds no element, no link and no script',
  about({
    practices: ['P18', 'P27'],
    severity: 'high',
    problem: 'A merge variable becomes an element, a link or a script of the mail',
    why: 'Who may choose his own name writes the next mail of a trusted sender: a link to another site, or a form.',
    remediation: {
      effort: 'low',
      how: 'Escape by context in the template engine, and admit only http, https and mailto in links.',
    },
    references: 'CWE-79 · CWE-80 · CWE-116 · API8:2023 · ASVS 5.0 1.2.1 · WSTG-CLNT-03',
    needs: ['template.create:html', 'message.send:template', 'message.send:variables', 'mailbox'],
    reach: 'intrusive',
    habits: ['tracks-clicks', 'drops-what-it-cannot-send', 'breaks-on-what-it-cannot-send'],
    weaknesses: [
      'renders-variables-raw',
      'keeps-links-of-any-scheme',
      'makes-links-in-variables',
      'breaks-lines-in-variables',
      'decodes-entities-in-variables',
      'minifies-html-without-a-parser',
    ],
  }),
  async (kit) => {
    const { callback, mailbox, verify } = kit
    const { send } = await templateMail(kit, template)
    const [name, link] = ['Ann', 'https://shop.example/account']
    const [benign, again] = await Promise.all([send({ name, link }), send({ name: 'Bob', link })])
    verify.held(benign.html?.includes(name) === true, 'a benign variable does not show in the delivered HTML')

    const L = new URL(callback.url('/')).host
    const variants = corpus('html', { id: mailbox.canary(), L }).flatMap(({ name: variant, value }) => [
      { name: `${variant} in text and attribute`, value, isLink: false, variables: { name: value, link } },
      { name: `${variant} as link`, value, isLink: true, variables: { name, link: value } },
    ])
    await verify.each(variants, async ({ variables, isLink, value }) => {
      const { shown, html } = await send(variables)
      const all = html === null ? [] : difference(benign.html ?? '', html, template, again.html ?? '')
      // A variable that is a link may lead elsewhere, or nowhere where it was dropped, but not run anything.
      const changes = isLink ? onlyOtherLink(all) : all
      verify.that(changes.length === 0, {
        ...{ ...shown, around: '<table', severity: onlyBrokenLinks(changes, value) ? 'low' : undefined },
        expected: 'the elements, attributes and link targets of the benign message',
        actual: changes.join('; '),
      })
    })
  },
)
