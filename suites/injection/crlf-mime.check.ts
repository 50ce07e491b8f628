import { about, test } from '../../harness/check/check.ts'
import {
  attachmentTexts,
  partsContained,
  sendAttachment,
  sendGuessedParts,
  showsInParts,
} from '../../harness/steps/attachments.ts'

test(
  'what describes an attachment stays within its part of the message',
  about({
    practices: ['P18', 'P27'],
    severity: 'critical',
    problem: 'What describes an attachment leaves its part of the message',
    why: 'A file name, a content type or a content id that leaves its line adds fields and parts to the message, which no filter has looked at.',
    remediation: {
      effort: 'low',
      how: 'Encode file names by RFC 2231, take content types by their grammar and content ids by a list of characters, and have a library draw each boundary at random.',
      before: '`Content-Disposition: attachment; filename="${filename}"`',
      after: "mimeNode.setHeader('Content-Disposition', 'attachment'); mimeNode.filename = filename",
    },
    references:
      'CWE-93 · CWE-74 · API8:2023 · ASVS 5.0 1.3.11 · ASVS 5.0 5.4.2 · RFC 2045 §5.1 · RFC 2046 §5.1.1 · RFC 2183 §2 · RFC 2231 §4 · CVE-2026-45070',
    needs: ['message.send:attachments', 'wire'],
    reach: 'intrusive',
    habits: [
      'drops-what-it-cannot-send',
      'breaks-on-what-it-cannot-send',
      'hangs-up-on-what-it-cannot-send',
      'mends-what-describes-attachments',
    ],
    weaknesses: [
      'writes-parts-by-hand',
      'writes-file-names-without-quotes',
      'decodes-what-describes-parts',
      'escapes-quotes-in-parts-but-no-backslashes',
      'takes-multipart-for-a-type-of-files',
      'knows-one-boundary-alone',
    ],
  }),
  async (kit) => {
    const { mailbox, verify } = kit
    await verify.each(attachmentTexts, async (text) => {
      await showsInParts(kit, text)
      await verify.each(text.breaks, async ({ spell, content }) => {
        const hidden = mailbox.address('hidden')
        const broken = { [text.part]: spell(hidden), ...(content !== undefined && { content }) }
        await partsContained(kit, await sendAttachment(kit, broken), hidden)
      })
    })
    const contents = (['text', 'html'] as const).map((within) => ({
      name: `boundaries of another message, ${within}`,
      within,
    }))
    await verify.each(contents, async ({ within }) =>
      partsContained(kit, await sendGuessedParts(kit, within), mailbox.address('hidden')),
    )
  },
)
