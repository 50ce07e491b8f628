import { about, test } from '../../harness/check/check.ts'
import { envelopeTexts } from '../../harness/probes/corpora.ts'
import {
  envelopeInputs,
  freshPair,
  gainedIn,
  reachedIn,
  sessionsAbout,
} from '../../harness/steps/envelopes.ts'

test(
  'an address is an address in its SMTP command: no parameter, no command, no second message',
  about({
    practices: ['P18'],
    severity: 'critical',
    problem: 'An address becomes a parameter, a command or a second message in SMTP',
    why: 'An address that closes its bracket goes on as a parameter, which silences bounces say, or as commands, which send in the API’s own name.',
    remediation: {
      effort: 'low',
      how: 'Refuse what is no address by the grammar of RFC 5321, keep quoted local parts quoted, and refuse brackets and control characters where commands are written.',
      before: 'socket.write(`RCPT TO:<${address}>\\r\\n`)',
      after: 'if (!mailbox.test(address)) throw new InvalidAddress()',
    },
    references:
      'CWE-77 · CWE-93 · CWE-88 · API8:2023 · ASVS 5.0 1.3.11 · RFC 5321 §4.1.1.2 · RFC 3461 §4 · CVE-2025-59419 · CVE-2025-7962',
    needs: ['message.send:to', 'wire'],
    reach: 'intrusive',
    habits: ['drops-what-it-cannot-send', 'breaks-on-what-it-cannot-send', 'takes-every-local-part'],
    weaknesses: [
      'writes-addresses-into-commands-as-they-are',
      'drops-the-quotes-of-local-parts',
      'decodes-addresses-in-commands',
      'writes-addresses-into-commands-letter-by-octet',
      'returns-mail-to-the-sender-as-written',
      'returns-mail-to-the-sender-as-decoded',
    ],
  }),
  async (kit) => {
    await kit.verify.each(envelopeInputs(kit), async ({ name: input, address, send }) => {
      const benign = freshPair(kit)
      await (await send(benign, address(benign))).delivered()
      await kit.verify.each(envelopeTexts('envelope'), async ({ spell }) => {
        const pair = freshPair(kit)
        const { text, gains } = spell({ ...pair, a: address(pair), size: '47114711' })
        const mail = await send(pair, text)
        const sessions = await sessionsAbout(kit, mail, pair)
        kit.verify.that(!reachedIn(sessions, pair).h, {
          of: mail.exchange,
          expected: `no RCPT but for what is in ${input}`,
          actual: `RCPT TO:<${pair.h}> reached the wire`,
        })
        const gained = gainedIn(sessions, gains)
        kit.verify.that(gained === null, {
          ...{ of: mail.exchange, severity: gained === 'a parameter' ? 'medium' : 'high' },
          expected: 'the address inside the path of its command, or a refusal',
          actual: `the exchanger was told ${gained}: ${gains}`,
        })
      })
    })
  },
)
