import { about, test } from '../../harness/browser/check.ts'
import { documentOf, type Opened } from '../../harness/browser/pages.ts'
import { corpus } from '../../harness/probes/corpora.ts'

test(
  'a script in a message does not run where the message is previewed',
  about({
    practices: ['P18', 'P27'],
    severity: 'high',
    why: 'Whoever looks at a message in the dashboard runs its sender’s script there, with his own session.',
    remediation: {
      effort: 'low',
      how: 'Serve previews with Content-Security-Policy: sandbox, from an origin of their own, and sanitise what they show.',
    },
    references: 'CWE-79 · API8:2023 · ASVS 5.0 1.3.1 · ASVS 5.0 3.2.1 · CSP3 §6.3.2 · WSTG-INPV-02',
    needs: ['message.send:html', 'message.preview'],
    reach: 'intrusive',
    weaknesses: ['runs-scripts-in-previews'],
  }),
  async ({ api, mailbox, pages, post, saw, verify }) => {
    const preview = async (html: string) => {
      const { exchange } = await post.send({ html })
      return api.call('message.preview', { id: verify.accepted(exchange).result?.['id'] })
    }
    const benign = await preview('<p>Dear reader,</p>')
    verify.held(
      benign.response?.body.includes('Dear reader,') === true,
      `the preview of a benign message was answered ${api.said(benign)} without its words`,
    )
    const id = mailbox.canary()
    const ran = ({ title }: Opened) => title === `ran-${id}`
    await verify.each(corpus('scripts', { id }), async ({ value }) => {
      const html = `<p>Dear reader,</p>${value}`
      verify.held(
        ran(await pages.open({ html })),
        'the script does not run in this browser even without a defence',
      )
      const shown = await preview(html)
      verify.answered(shown)
      const opened = await pages.open(documentOf(shown))
      saw.measured(`the title of the opened preview is ${opened.title}`)
      verify.that(!ran(opened), {
        of: shown,
        expected: 'a page that runs no script of the message',
        actual: 'the script of the message ran in Chromium',
      })
    })
  },
)
