import type { Part } from '../check/verify.ts'
import type { Delivery, DnsRecord, Exchange } from '../model.ts'
import { readHeaders } from '../probes/headers.ts'
import { proofsAmong } from '../probes/shown-records.ts'
import {
  type Added,
  add,
  type DomainKit,
  domainIn,
  doneBy,
  inZone,
  recordsOf,
  saidSince,
  saysFrom,
  senderAt,
  sends,
  stateOf,
  type Verified,
  verified,
} from './added-domains.ts'

/** Who claims what is not his. */
const other = 'neighbour'

/** Verdicts on domains that are claimed by somebody whose they are not. Guards come first: each tenant verifies a domain of its own, and sends. */
export async function claimsOfDomains(kit: DomainKit): Promise<Part[]> {
  const { api } = kit
  const parent = domainIn(kit, 'parent')
  const theirs = await verified(kit, domainIn(kit, 'theirs'))
  const own = await verified(kit, `own.${parent}`, other)
  await sends(kit, theirs.name)
  await sends(kit, own.name, other)
  const claim = (name: string, claimed: Claimed): Part => ({
    name,
    judge: () => notTheirs(kit, own, claimed),
  })
  const spelled = spellings(theirs.name).map(({ name, text }) =>
    claim(name, {
      text,
      sender: theirs.name,
      expected: 'what another tenant has verified stays theirs alone',
    }),
  )
  const below = `mail.${theirs.name}`
  return [
    ...spelled,
    claim('a sub-domain of it', {
      ...{ text: below, sender: below },
      expected: 'a sub-domain of what another tenant has verified is not for who has shown nothing of it',
    }),
    claim('the domain above the own one', {
      ...{ text: parent, sender: parent },
      expected: 'who has a sub-domain has not shown that what is above is theirs',
    }),
    ...(api.has('domain.delete') ? [released(kit, own)] : []),
    ...misplaced(kit, own),
  ]
}

interface Claimed {
  /** As it is written in the call. */
  readonly text: string
  /** The domain that mail is sent from, if the claim holds. */
  readonly sender: string
  readonly expected: string
  /** Publishes what is to be found, or something like it. */
  prepare?(added: Added): Promise<void>
}

/** Ways to write the same domain, or what holds it. */
function spellings(domain: string): { readonly name: string; readonly text: string }[] {
  // They are the same letters by UTS #46, as browsers and IDNA libraries map them.
  const wide = domain.replace(/^[a-z]+/, (letters) =>
    [...letters].map((c) => String.fromCodePoint((c.codePointAt(0) ?? 0) + 0xfee0)).join(''),
  )
  return [
    { name: 'as it is', text: domain },
    { name: 'in capitals', text: inCapitals(domain) },
    { name: 'in full-width letters', text: wide },
    { name: 'with a dot at its end', text: `${domain}.` },
    { name: 'with a port', text: `${domain}:8443` },
    { name: 'with a path', text: `${domain}/mail` },
    { name: 'with a user', text: `postmaster@${domain}` },
    { name: 'with a wildcard', text: `*.${domain}` },
  ]
}

/** All but the mark by which it is told what the run has made. */
function inCapitals(domain: string): string {
  return domain
    .split(/(-[^.]*)/)
    .map((part) => (part.startsWith('-') ? part : part.toUpperCase()))
    .join('')
}

/** A verdict: the claim is refused, or comes to nothing. `own` is a domain that the target has verified. */
async function notTheirs(
  kit: DomainKit,
  own: Verified,
  { text, sender, expected, prepare }: Claimed,
): Promise<void> {
  const { api, post, verify } = kit
  const { exchange, added } = await add(kit, text, other)
  if (added === null) {
    verify.answered(exchange)
    verify.that(true, { expected, actual: '' })
    return
  }
  try {
    await prepare?.({ ...added, records: await recordsOf(kit, added, other) })
    const before = own.took === 0 ? undefined : await stateOf(kit, added, other)
    const checked = await api.call('domain.verify', { id: added.id }, other)
    verify.answered(checked, 'the effect decides')
    const { said } = await saidSince(kit, added, { before, checked, within: doneBy(own.took) }, other)
    const sent = await post.send({ from: senderAt(sender) }, other)
    const mail = await sent.arrived()
    const found = faultOf(mail, sender, said === own.said, sent.exchange)
    verify.that(found === null, {
      ...{ of: checked, mail: mail ?? undefined, severity: found?.severity, expected },
      actual: `${other} has added ${JSON.stringify(text)} and had it verified; ${found?.text}`,
    })
  } finally {
    // So that the next spelling is no second one of the same tenant.
    if (api.has('domain.delete')) await api.call('domain.delete', { id: added.id }, other)
  }
}

function faultOf(mail: Delivery | null, sender: string, isVerified: boolean, { answer }: Exchange) {
  if (mail !== null && !saysFrom(mail, sender)) return null
  if (mail !== null && isSignedFor(mail, sender))
    return { severity: 'critical', text: `mail from ${senderAt(sender)} arrived, signed for it` } as const
  if (mail !== null) return { severity: 'high', text: `mail from ${senderAt(sender)} arrived` } as const
  return isVerified
    ? ({ severity: 'medium', text: `it is told to be verified, though mail from it was ${answer}` } as const)
    : null
}

/** By a name of it or above (RFC 6376 §3.5). */
function isSignedFor({ raw }: Delivery, sender: string): boolean {
  return readHeaders(raw)
    .field('DKIM-Signature')
    .some(({ value }) => {
      const [, domain = ''] = /(?:^|;)\s*d\s*=\s*([^;\s]+)/i.exec(value) ?? []
      return domain !== '' && `.${sender}`.endsWith(`.${domain.toLowerCase()}`)
    })
}

/** Records outlive what they were for. */
function released(kit: DomainKit, own: Verified): Part {
  const { api, verify } = kit
  return {
    name: 'given up by another tenant, its records left',
    async judge() {
      const theirs = await verified(kit, domainIn(kit, 'released'))
      verify.accepted(await api.call('domain.delete', { id: theirs.id }))
      await notTheirs(kit, own, {
        ...{ text: theirs.name, sender: theirs.name },
        expected: 'what one tenant published proves nothing of another',
      })
    },
  }
}

/** What somebody can have published who may write something into the zone, and has not the whole of it. */
function misplaced(kit: DomainKit, own: Verified): Part[] {
  const { dns, verify } = kit
  const part = (
    name: string,
    expected: string,
    move: (record: DnsRecord, of: string) => DnsRecord,
  ): Part => ({
    name,
    async judge() {
      const domain = domainIn(kit, 'public')
      await notTheirs(kit, own, {
        ...{ text: domain, sender: domain, expected },
        async prepare({ records }) {
          const proofs = proofsAmong(records)
          verify.applies(proofs.length > 0, 'no TXT record proves whose a domain is')
          await dns.publish(
            inZone(
              kit,
              records.map((record) => (proofs.includes(record) ? move(record, domain) : record)),
            ),
          )
        },
      })
    },
  })
  return [
    part(
      'its record within a longer text',
      'a record that only holds the wanted one is another one',
      ({ value, ...record }) => ({ ...record, value: `note=${value} of a guest` }),
    ),
    part(
      'its record below it',
      'who may write below www does not have the domain',
      ({ name, ...record }, of) => ({ ...record, name: name.replace(of, `www.${of}`) }),
    ),
  ]
}
