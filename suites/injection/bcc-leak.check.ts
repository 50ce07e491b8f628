import { about, test } from '../../harness/check.ts'

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
  async ({ api, evidence, mailbox, verify }) => {
    const [to, cc, first, second] = ['to', 'cc', 'first', 'second'].map((label) => mailbox.address(label))
    if (to === undefined || cc === undefined || first === undefined || second === undefined) return
    const carriesCc = api.has('message.send', 'cc')
    const exchange = await api.call('message.send', {
      to,
      ...(carriesCc ? { cc } : {}),
      bcc: [first, second],
      subject: 'Minutes of the meeting',
      text: 'Attached.',
    })
    const everybody = carriesCc ? [to, cc, first, second] : [to, first, second]
    const deliveries = await Promise.all(
      everybody.map(async (reader) => ({ reader, delivery: await mailbox.delivery(reader, exchange) })),
    )
    verify.held(deliveries.length === everybody.length, 'not every recipient received a copy')

    const pairs = deliveries.flatMap(({ reader, delivery }) =>
      [first, second]
        .filter((blind) => blind !== reader)
        .map((blind) => ({ name: `${reader.split('-')[0]} reads ${blind.split('-')[0]}`, delivery, blind })),
    )
    await verify.each(pairs, async ({ delivery, blind }, verify) => {
      // The local part is 128 random bits: found in any form, it is no coincidence.
      const [, secret = blind] = /-([0-9a-f]{32})@/.exec(blind) ?? []
      const raw = Buffer.from(delivery.raw).toString('latin1')
      const encoded = Buffer.from(blind).toString('base64').slice(0, -4)
      const leak = [blind, secret, encoded].find((form) => raw.includes(form))
      verify.that(leak === undefined, () => ({
        ...verify.sentBy(exchange),
        expected: 'no trace of a blind recipient in what others receive',
        actual: `the message that ${delivery.envelope.to.join(', ')} received holds ${leak}`,
        evidence: [evidence.exchange(exchange), evidence.delivery(delivery, leak)],
      }))
    })
  },
)
