import { about, test } from '../../harness/browser/check.ts'
import type { Opened } from '../../harness/browser/pages.ts'
import { corpus } from '../../harness/probes/corpora.ts'

test(
  'a script in a message does not run where the message is previewed',
  about({
    id: 'injection/stored-output',
    practices: ['P18', 'P27'],
    severity: 'high',
    why: 'Whoever looks at a message in the dashboard runs its sender’s script there, with his own session.',
    remediation:
      'Serve previews with Content-Security-Policy: sandbox, from an origin of their own, and sanitise what they show.',
    references: ['CWE-79', 'API8:2023', 'ASVS 5.0 1.3.1', 'ASVS 5.0 3.2.1', 'CSP3 §6.3.2', 'WSTG-INPV-02'],
    needs: ['message.send:html', 'message.preview'],
    reach: 'intrusive',
    weakness: 'runs-scripts-in-previews',
  }),
  async ({ api, evidence, mailbox, pages, verify }) => {
    const send = async (html: string) => {
      const sent = await api.call('message.send', { to: mailbox.address(), subject: 'Hello', html })
      verify.held(
        sent.answer === 'accepted',
        `message.send was answered ${sent.response?.status ?? sent.failure}`,
      )
      return api.call('message.preview', { id: sent.result?.['id'] })
    }
    const benign = await send('<p>Dear reader,</p>')
    verify.held(
      benign.response?.body.includes('Dear reader,') === true,
      `the preview of a benign message was answered ${benign.response?.status ?? benign.failure} without its words`,
    )

    const id = mailbox.canary()
    const ran = ({ title }: Opened) => title === `ran-${id}`
    await verify.each(corpus('scripts', { id }), async ({ value }, verify) => {
      const html = `<p>Dear reader,</p>${value}`
      verify.held(
        ran(await pages.open({ html })),
        'the script does not run in this browser even without a defence',
      )
      const preview = await send(html)
      verify.answered(preview)
      const { body, headers } = preview.response ?? { body: '', headers: [] }
      const opened = await pages.open({ html: body, headers })
      verify.that(!ran(opened), () => ({
        ...verify.sentBy(preview),
        expected: 'a page that runs no script of the message',
        actual: 'the script of the message ran in Chromium',
        evidence: [evidence.exchange(preview), evidence.measurement(`its title became ${opened.title}`)],
      }))
    })
  },
)
