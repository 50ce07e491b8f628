import { about, test } from '../../harness/check/check.ts'
import { traceOf } from '../../harness/probes/traces.ts'
import { waysToCopyBlindly } from '../../harness/steps/blind-copies.ts'

test(
  'a blind copy shows to nobody but its own recipient',
  about({
    practices: ['P21', 'P27'],
    severity: 'high',
    problem: 'Recipients see who gets a blind copy',
    why: 'Whoever receives the message can read who else does: a disclosure of personal data to strangers.',
    remediation: {
      effort: 'low',
      how: 'Drop Bcc when composing, send blind copies in transactions of their own, and keep addresses out of identifiers.',
    },
    references: 'CWE-200 · CWE-359 · API3:2023 · ASVS 5.0 14.2.6 · RFC 5322 §3.6.3 · RFC 5321 §7.2',
    needs: ['sending', 'wire'],
    reach: 'safe',
    habits: ['drops-what-it-cannot-send', 'breaks-on-what-it-cannot-send', 'hangs-up-on-what-it-cannot-send'],
    weaknesses: ['keeps-the-bcc-header', 'keeps-the-bcc-of-composed-messages', 'takes-any-header-name'],
  }),
  async (kit) => {
    const { verify } = kit
    const ways = waysToCopyBlindly(kit)
    verify.applies(
      ways.length > 0,
      'nothing that the profile declares takes a blind copy: no bcc, no headers, no submission',
    )
    await verify.each(ways, async ({ readers, blind, send, severity }) => {
      const mail = await send()
      const copies = await Promise.all(
        readers.map(async ({ name, email }) => {
          const alone = readers.length === 1
          return { name, email, copy: await mail[alone ? 'arrivedUnlessStopped' : 'delivered'](email) }
        }),
      )
      const pairs = copies.flatMap((reader) =>
        blind
          .filter(({ email }) => email !== reader.email)
          .map((other) => ({ ...reader, name: `${reader.name} reads ${other.name}`, hidden: other.email })),
      )
      await verify.each(pairs, async ({ email, copy, hidden }) => {
        const leak = copy === null ? null : await traceOf(hidden, copy.raw)
        verify.that(leak === null, {
          ...{ of: mail.exchange, mail: copy ?? undefined, around: leak?.around, severity },
          expected: 'no trace of a blind recipient in what others receive',
          actual: `the message that ${email} received holds ${leak?.what}`,
        })
      })
    })
  },
)
