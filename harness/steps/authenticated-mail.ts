import type { Kit } from '../check/kit.ts'
import type { Sent } from '../check/post.ts'
import type { Delivery } from '../model.ts'
import { evaluate, type MailAuthentication } from '../probes/mail-authentication.ts'
import type { InputOf } from '../profile/operations.ts'

/**
 * What a receiver makes of a delivered message by DKIM, SPF and DMARC, from the address that it comes from, or that the
 * profile says receivers see. Unproven where DNS did not answer, and `with SPF` where that address is not known.
 */
export async function authenticated(
  { profile, resolver, suffixes, verify, ...kit }: Kit,
  { raw, peer, helo, envelope }: Delivery,
  spf?: 'with SPF',
): Promise<MailAuthentication> {
  const [seenFrom] = profile.mail.egressAddresses
  const mail = await evaluate(raw, {
    ...{ ip: seenFrom ?? addressOf(peer), helo, mailFrom: envelope.from, resolver, suffixes },
  })
  verify.held(
    mail.unanswered.length === 0,
    `DNS did not answer for ${mail.unanswered[0]?.name}`,
    'see that the name server is reachable',
  )
  // Behind a relay the sandbox sees another address than receivers do.
  if (spf !== undefined)
    verify.held(
      mail.spf.result === 'pass' || kit.inSandbox || seenFrom !== undefined,
      `SPF ${mail.spf.result} for ${peer}, which need not be the address that receivers see`,
      'name the addresses that the target sends from in mail.egressAddresses',
    )
  return mail
}

/** Of `192.0.2.1:40596`, and of IPv4 as an IPv6 socket shows it. */
function addressOf(peer: string): string {
  return peer.replace(/:\d+$/, '').replace(/^::ffff:/, '')
}

const contents: readonly {
  name: string
  message: Readonly<Record<string, unknown>>
  input?: InputOf<'message.send'>
}[] = [
  { name: 'HTML', message: { subject: 'Hello', html: '<p>Hello</p>', text: 'Hello' }, input: 'html' },
  { name: 'text beyond ASCII', message: { subject: 'Grüße – 你好', text: 'Schöne Grüße\n你好' } },
  {
    name: 'long lines',
    message: { subject: 'Report '.repeat(40), text: `${'x'.repeat(2000)}\n${'word '.repeat(300)}` },
  },
  { name: 'white space and dots', message: { subject: 'a  b', text: '  leading\ntrailing  \n.\n..\n\n\n' } },
  {
    name: 'attachment',
    message: {
      ...{ subject: 'Hello', text: 'Hello' },
      attachments: [{ filename: 'a.bin', contentType: 'application/octet-stream', content: 'AAEC/w==' }],
    },
    input: 'attachments',
  },
]

/** Messages whose contents try what signs them, as far as the target can be given them. */
export function signedContents({ post }: Pick<Kit, 'post'>): { name: string; send(): Promise<Sent> }[] {
  return contents
    .filter(({ input }) => input === undefined || post.carries(input))
    .map(({ name, message }) => ({ name, send: () => post.send(message) }))
}
