import { about, test } from '../../harness/check/check.ts'
import { fileShownIn } from '../../harness/probes/local-files.ts'
import { sendNamed } from '../../harness/steps/named-files.ts'

test(
  'no message has the target read a file of its own, or ask an address for it',
  about({
    practices: ['P18', 'P02'],
    severity: 'critical',
    problem: 'A message has the target read a file of its own, or ask an address for it',
    why: 'Libraries that compose mail read files and addresses where a content is an object: whoever may send has the secrets of the server mailed to him.',
    remediation: {
      effort: 'low',
      how: 'Hold bodies to a schema of strings, hand the library nothing that is not described there, and switch its access to files and addresses off.',
      before: 'transport.sendMail({ ...request.body })',
      after:
        'transport.sendMail({ to, subject: String(subject), text: String(text), disableFileAccess: true, disableUrlAccess: true })',
    },
    references:
      'CWE-22 · CWE-73 · CWE-552 · CWE-918 · API8:2023 · API7:2023 · ASVS 5.0 5.3.2 · ASVS 5.0 1.3.6 · WSTG-ATHZ-01',
    needs: ['message.send', 'wire'],
    reach: 'intrusive',
    habits: ['drops-what-it-cannot-send', 'breaks-on-what-it-cannot-send', 'hangs-up-on-what-it-cannot-send'],
    weaknesses: [
      'hands-bodies-to-the-mail-library',
      'reads-attachments-from-where-they-say',
      'reads-attachments-by-their-content',
      'reads-attachments-by-their-names',
      'inlines-images-from-files',
      'inlines-style-sheets-from-files',
    ],
  }),
  async (kit) => {
    const { api, post, verify } = kit
    await (await post.send()).delivered()
    await verify.each(await sendNamed(kit), async ({ messages }) => {
      const looks = messages.map(async (message) => {
        const { place, asked, mail } = await message
        const copy = await mail.arrivedUnlessStopped()
        const file = copy === null ? null : await fileShownIn(copy.raw)
        if (file !== null) api.conceal('a file of the target', file.content)
        const [request] = await asked()
        verify.that(file === null && request === undefined, {
          ...{ of: mail.exchange, mail: copy ?? undefined, severity: file === null ? 'high' : undefined },
          expected: 'a refusal, or a message that holds nothing but what was written into it',
          actual:
            file === null
              ? `the target asked ${place}: ${request}`
              : `the message holds ${file.path} of the target`,
        })
      })
      const [wrong] = (await Promise.allSettled(looks)).filter((look) => look.status === 'rejected')
      if (wrong !== undefined) throw wrong.reason
    })
  },
)
