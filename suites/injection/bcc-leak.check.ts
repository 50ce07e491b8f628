import { about, test } from '../../harness/check/check.ts'
import type { Exchange } from '../../harness/model.ts'

type Readers = Readonly<Record<'to' | 'cc' | 'first' | 'second', string>>

interface Way {
  readonly name: string
  /** Who must receive a copy; one alone may be refused. */
  readonly readers: readonly (keyof Readers)[]
  send(people: Readers): Promise<Exchange>
  /** Lower than the check's. */
  readonly severity?: 'low'
}

test(
  'a blind copy shows to nobody but its own recipient',
  about({
    id: 'injection/bcc-leak',
    practices: ['P21', 'P27'],
    severity: 'high',
    why: 'Whoever receives the message can read who else does: a disclosure of personal data to strangers.',
    remediation:
      'Drop Bcc when composing, send blind copies in transactions of their own, and keep addresses out of identifiers.',
    references: ['CWE-200', 'CWE-359', 'API3:2023', 'ASVS 5.0 14.2.6', 'RFC 5322 §3.6.3', 'RFC 5321 §7.2'],
    needs: ['message.send:bcc', 'wire'],
    reach: 'safe',
    weakness: 'keeps-the-bcc-header',
  }),
  async ({ api, evidence, mailbox, submission, verify }) => {
    const carries = (input: string) => api.has('message.send', input)
    const message = { subject: 'Minutes of the meeting', text: 'Attached.' }
    const ways: readonly Way[] = [
      {
        name: 'bcc',
        readers: carries('cc') ? ['to', 'cc', 'first', 'second'] : ['to', 'first', 'second'],
        send: ({ to, cc, first, second }) =>
          api.call('message.send', {
            ...message,
            to,
            ...(carries('cc') ? { cc } : {}),
            bcc: [first, second],
          }),
      },
      // RFC 5322 §3.6.3 leaves it to whoever composes to drop the field: where the caller did, it SHOULD still go.
      ...(carries('headers') ? ['Bcc', 'bCC', 'Bcc ', 'Resent-Bcc'] : []).map((header) => ({
        name: `custom header ${JSON.stringify(header)}`,
        severity: 'low' as const,
        readers: ['to'] as const,
        send: ({ to, first, second }: Readers) =>
          api.call('message.send', { ...message, to, headers: { [header]: `${first}, ${second}` } }),
      })),
      ...(submission.ports.length === 0
        ? []
        : [
            {
              name: 'a Bcc field by SMTP',
              severity: 'low' as const,
              readers: ['to', 'first', 'second'] as const,
              send: async ({ to, first, second }: Readers) =>
                (
                  await submission.send(to, 'Minutes', {
                    blind: [first, second],
                    header: `Bcc: ${first}, ${second}`,
                  })
                )[1],
            },
          ]),
    ]
    await verify.each(ways, async ({ readers, send, severity }, verify) => {
      const label = (name: keyof Readers) => mailbox.address(name)
      const people = { to: label('to'), cc: label('cc'), first: label('first'), second: label('second') }
      const exchange = await send(people)
      const copies = await Promise.all(
        readers.map(async (reader) => ({
          reader,
          delivery: await mailbox[readers.length > 1 ? 'delivery' : 'deliveryUnlessRefused'](
            people[reader],
            exchange,
          ),
        })),
      )
      verify.held(exchange.answer !== 'accepted' || copies.length === readers.length, 'a copy is missing')
      const pairs = copies.flatMap(({ reader, delivery }) =>
        (['first', 'second'] as const)
          .filter((blind) => blind !== reader)
          .map((blind) => ({ name: `${reader} reads ${blind}`, delivery, blind: people[blind] })),
      )
      await verify.each(pairs, async ({ delivery, blind }, verify) => {
        // The local part is 128 random bits: found in any form, it is no coincidence.
        const [, secret = blind] = /-([0-9a-f]{32})@/.exec(blind) ?? []
        const raw = Buffer.from(delivery?.raw ?? '').toString('latin1')
        const encoded = Buffer.from(blind).toString('base64').slice(0, -4)
        const leak = [blind, secret, encoded].find((form) => raw.includes(form))
        verify.that(leak === undefined, () => ({
          ...verify.sentBy(exchange),
          ...(severity === undefined ? {} : { severity }),
          expected: 'no trace of a blind recipient in what others receive',
          actual: `the message that ${delivery?.envelope.to.join(', ')} received holds ${leak}`,
          evidence: [
            evidence.exchange(exchange),
            ...(delivery === null ? [] : [evidence.delivery(delivery, leak)]),
          ],
        }))
      })
    })
  },
)
