import { about, test } from '../../harness/browser/check.ts'
import { corpus } from '../../harness/probes/corpora.ts'
import { examineByMailpit } from '../../harness/steps/mailpit-tools.ts'
import { templateMail } from '../../harness/steps/template-mail.ts'

const html =
  '<table><tr><td title="{{ name }}">Dear {{ name }},</td></tr></table>' +
  '<p><a href="https://shop.invalid/">account</a></p>'

test(
  'a merge variable makes its reader load, post, run and follow nothing',
  about({
    practices: ['P27', 'P18'],
    severity: 'medium',
    problem: 'Mail made of a merge variable loads, posts, runs or follows something of a stranger’s',
    why: 'Whoever may choose his own name learns who opens a trusted sender’s mail, or has its links lead to him.',
    remediation: {
      effort: 'low',
      how: 'Escape quotes as well as angle brackets, by context, and sanitise the HTML once more after it is rendered.',
    },
    references: 'CWE-79 · CWE-451 · CWE-1021 · API8:2023 · ASVS 5.0 1.2.1 · WSTG-CLNT-05',
    needs: ['template.create:html', 'message.send:template', 'message.send:variables', 'mailbox'],
    reach: 'intrusive',
    weaknesses: ['leaves-quotes-in-variables', 'strips-scripts-instead-of-escaping'],
  }),
  async (kit) => {
    const { callback, mailbox, pages, saw, verify } = kit
    const id = mailbox.canary()
    const { send } = await templateMail(kit, html)
    const sought = (url: string) => url.includes(id)
    const open = (html: string) => pages.open({ html, click: 'account', sought })
    const benign = await send({ name: 'Ann' })
    verify.held(
      benign.html?.includes('Ann') === true && (await open(benign.html)).clicked,
      'a benign variable and the link of its template do not show in the delivered HTML',
    )
    const asked = async (html: string) => (await open(html)).requests.filter(({ url }) => sought(url))
    const L = new URL(callback.url('/', 'https')).host
    await verify.each(corpus('active-html', { L, id }), async ({ value }) => {
      verify.held(
        (await asked(html.replaceAll('{{ name }}', value))).length > 0,
        'the value does nothing in this browser even where it is not escaped',
      )
      const { to, shown, html: delivered } = await send({ name: value })
      const { requests, clicked } =
        delivered === null ? { requests: [], clicked: true } : await open(delivered)
      const found = requests.filter(({ url }) => sought(url))
      const what = found.map(({ url, what }) => `${url} (${what})`).join(', ')
      verify.held(clicked || what !== '', 'the link of the delivered HTML could not be clicked')
      if (what !== '') saw.measured(`Chromium asked for ${what}`)
      if (what !== '') await examineByMailpit(kit, to)
      verify.that(what === '', {
        ...{ ...shown, around: '<table' },
        expected: 'mail in which the variable is text',
        actual: `Chromium asked for ${what}`,
      })
    })
  },
)
