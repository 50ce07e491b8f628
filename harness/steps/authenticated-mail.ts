import type { Kit } from '../check/kit.ts'
import type { Sent } from '../check/post.ts'
import type { Delivery } from '../model.ts'
import {
  type DkimFault,
  type DkimKeyName,
  dkimFaults,
  keysToJudge,
  signingKeys,
} from '../probes/dkim-faults.ts'
import type { DkimKeyFacts } from '../probes/dkim-key.ts'
import { evaluate, type MailAuthentication } from '../probes/mail-authentication.ts'
import type { InputOf } from '../profile/operations.ts'

/**
 * What a receiver makes of a delivered message by DKIM, SPF and DMARC, from the address that it comes from, or from that one of those
 * that receivers see by the profile which SPF says least good of. Unproven where DNS did not answer, and `with SPF` where no
 * such address is known.
 */
export async function authenticated(
  { profile, resolver, suffixes, verify, ...kit }: Kit,
  delivery: Delivery,
  spf?: 'with SPF',
): Promise<MailAuthentication> {
  const { raw, peer, helo, envelope } = delivery
  const { egressAddresses } = profile.mail
  const addresses = egressAddresses.length > 0 ? egressAddresses : [addressOf(peer)]
  const evaluated: MailAuthentication[] = []
  for (const ip of addresses)
    evaluated.push(await evaluate(raw, { ip, helo, mailFrom: envelope.from, resolver, suffixes }))
  const at = Math.max(
    0,
    evaluated.findIndex(({ spf }) => spf.result !== 'pass'),
  )
  const [mail, ip] = [evaluated[at], addresses[at]]
  if (mail === undefined || ip === undefined) throw new Error('expected an address')
  const [unanswered] = evaluated.flatMap((each) => each.unanswered)
  verify.held(
    unanswered === undefined,
    `DNS did not answer for ${unanswered?.name}`,
    'see that the name server is reachable',
  )
  // Behind a relay the sandbox sees another address than receivers do.
  const isSeen = mail.spf.result === 'pass' || kit.inSandbox || egressAddresses.length > 0
  if (spf !== undefined)
    verify.held(
      isSeen,
      `SPF ${mail.spf.result} for ${peer}, which need not be the address that receivers see`,
      'name the addresses that the target sends from in mail.egressAddresses',
    )
  const { domain } = mail.from
  if (isSeen)
    kit.saw.received(delivery, {
      ...{ spf: { ...mail.spf, from: ip }, dkim: mail.dkim },
      dmarc: { result: mail.dmarc.result, policy: mail.dmarc.policy, domain },
    })
  return mail
}

/** Of `192.0.2.1:40596`, and of IPv4 as an IPv6 socket shows it. */
function addressOf(peer: string): string {
  return peer.replace(/:\d+$/, '').replace(/^::ffff:/, '')
}

/** Not applicable where a relay behind the target signs: no signature is to be seen where the sandbox stands in its place. */
export function signedHere({ profile, verify }: Pick<Kit, 'profile' | 'verify'>): void {
  verify.applies(profile.mail.signedBy !== 'relay', relaySigns)
}

const relaySigns =
  'a relay behind the target signs its mail, as the profile says (mail.signedBy), and the sandbox stands in its place'

/**
 * The keys of the target's mail: those that sign a message, and those that the profile names. Those of a relay sign nothing here: they
 * are judged by what is published alone. Unproven where no signature is to be seen of a target that signs.
 */
export async function keysOfMail(
  { profile, verify }: Pick<Kit, 'profile' | 'verify'>,
  { raw }: Pick<Delivery, 'raw'>,
  factsOf: (selector: string, domain: string) => Promise<DkimKeyFacts>,
): Promise<readonly (DkimKeyName & { readonly name: string; faults(facts: DkimKeyFacts): DkimFault[] })[]> {
  const byRelay = profile.mail.signedBy === 'relay'
  verify.held(
    byRelay || signingKeys(raw).length > 0,
    'the delivered message has no DKIM-Signature',
    'see mail-auth/dkim-valid first; where a relay behind the target signs, say so (mail.signedBy)',
  )
  const keys = await keysToJudge(profile.mail, raw, factsOf)
  verify.applies(keys.length > 0, `${relaySigns}; name its keys under mail.selectors to have them judged`)
  return keys.map((key) => ({
    ...key,
    faults: (facts) => dkimFaults(facts, key).filter(({ name }) => !byRelay || name !== 'signature'),
  }))
}

/** What SPF says is wrong with the record of a domain for good, by the first of these addresses for which it does; `null` for nothing. */
export async function permanentError(
  domain: string,
  addresses: readonly string[],
  resolver: Kit['resolver'],
): Promise<string | null> {
  const from = `postmaster@${domain}`
  for (const ip of addresses) {
    const { spf } = await evaluate(Buffer.from(`From: ${from}\r\n\r\n`), {
      ...{ ip, helo: domain, mailFrom: from, resolver },
    })
    if (spf.result === 'permerror') return `permerror for ${ip}: ${spf.comment}`
  }
  return null
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
