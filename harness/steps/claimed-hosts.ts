import type { Kit } from '../check/kit.ts'
import type { Sent } from '../check/post.ts'
import type { Delivery, Exchange, HttpRequest } from '../model.ts'
import { differential, domainOf } from '../probes/addresses.ts'
import { readHeaders } from '../probes/headers.ts'
import type { HostClaim } from '../probes/host-claims.ts'
import { linksIn } from '../probes/mail-links.ts'
import type { Operation } from '../profile/shape.ts'
import { unlessSeen } from '../sandbox/client.ts'
import { HeldBack } from '../verdicts.ts'
import { canMakeAccounts, createAccounts } from './accounts.ts'
import { canSay, freshMark, goesHome, sampleOf } from './sample-input.ts'

type Ground = Pick<Kit, 'api' | 'mailbox' | 'post' | 'profile' | 'reach' | 'runReach' | 'verify' | 'wire'>

/**
 * What of a request that was mailed leads where the request says, a link or an address to which readers and servers answer (CVE-2017-8295);
 * `led` is `null` where nothing does.
 */
export interface Led {
  readonly of: Exchange
  /** None of what goes to others: it may open an account. */
  readonly mail: Delivery | undefined
  readonly led: string | null
  /** It is a name that nobody goes to. */
  readonly isNameAlone: boolean
}

/** A call by which the target mails. */
export interface LinkingCall {
  readonly name: string
  /** A guard: so it does. Not applicable where no mail comes. */
  mails(): Promise<{ readonly of: Exchange; readonly to: string; readonly mails: readonly Delivery[] }>
  /** The same call with a field that claims this host for the target. Not applicable where links lead there anyway. */
  claiming(claim: HostClaim, host: string): Promise<Led>
  /** Who reads the mail is not who makes the call: a link that is led elsewhere carries what opens an account. */
  readonly forOthers: boolean
}

/**
 * `message.send` with a letter, whose own link is `own`, and every other call of the profile by which mail goes to an address of
 * the sandbox, such as an invitation.
 */
export function linkingCalls(kit: Ground, letter: object, own: string): LinkingCall[] {
  const { api, mailbox, profile } = kit
  const send = profile.operations['message.send']
  const takesText = api.has('message.send', 'html') || api.has('message.send', 'text')
  const others = Object.values(profile.operations).filter(
    (operation) =>
      operation.kind !== 'message' &&
      operation.mailTo.length > 0 &&
      operation.object === null &&
      goesHome(operation) &&
      canSay(operation) &&
      api.has(operation.name),
  )
  const toReader = (): Given => {
    const to = mailbox.address()
    return { to, input: { to, ...api.carried('message.send', { ...mailbox.letter(), ...letter }) } }
  }
  return [
    ...(send === undefined || !takesText ? [] : [linkingCall(kit, send, own, toReader)]),
    ...others.map((operation) => linkingCall(kit, operation, own, givenTo(kit, operation))),
  ]
}

/** What a call is made with, and where its mail goes. */
interface Given {
  readonly to: string
  readonly input: Readonly<Record<string, unknown>>
}

/** Who forgot their password has an account; others are strangers. */
function givenTo(kit: Ground, operation: Operation): () => Given | Promise<Given> {
  const { api } = kit
  if (operation.name !== 'password.forgot' || !canMakeAccounts(api) || !api.has('session.create'))
    return () => sampleFor(kit, operation)
  return async () => {
    const { email } = await createAccounts(kit).create('reader')
    return { to: email, input: { email } }
  }
}

/** A sample names its address in a text of its own, or, by an example of the profile, anywhere. */
function sampleFor(kit: Ground, operation: Operation): Given {
  const { input, address } = sampleOf(kit, operation, freshMark())
  const named = operation.mailTo.map((name) => input[name]).find((value) => String(value).includes('@'))
  return { to: typeof named === 'string' ? named : address, input }
}

function linkingCall(
  { api, post, profile, reach, runReach, verify, wire }: Ground,
  { name, kind, as }: Operation,
  own: string,
  given: () => Given | Promise<Given>,
): LinkingCall {
  const forOthers = kind !== 'message'
  const made = async (change: (request: HttpRequest) => HttpRequest) => {
    const { to, input } = await given()
    const request = change(await api.prepare(name, input))
    await reach.take('mail', 1)
    const exchange = await api.send(request, { operation: name, principal: as ?? 'anonymous', input })
    return post.of(to, exchange)
  }
  const placesOf = async (mail: Delivery): Promise<Place[]> => {
    const links = (await linksIn(mail.raw)).filter(({ url }) => url !== own && URL.canParse(url))
    return [
      ...links.map(({ url }) => ({ text: url, url: new URL(url), isNameAlone: false, isLink: true })),
      ...addressesOf(mail),
    ]
  }
  const allOf = async (mails: readonly Delivery[]) => (await Promise.all(mails.map(placesOf))).flat()
  let places: readonly Place[] = []
  let usual = 0
  return {
    ...{ name, forOthers },
    async mails() {
      if (forOthers && runReach === 'safe')
        throw new HeldBack('it makes what is mailed of; allow it with --reach intrusive')
      const sent = await made((request) => request)
      verify.accepted(sent.exchange)
      if (!forOthers) await sent.delivered()
      const mails = await seen(sent)
      usual = mails.length
      verify.applies(mails.length > 0, `nothing is mailed by ${name}`)
      places = await allOf(mails)
      return { of: sent.exchange, to: sent.to, mails }
    },
    async claiming(claim, host) {
      verify.applies(!places.some(({ url }) => claim.leads(url, host)), 'links lead there without it')
      const sent = await made((request) => claim.claim(request, host))
      verify.applies(sent.exchange.unsent !== true, `no connection comes about with another ${claim.name}`)
      const own = forOthers ? null : await sent.arrivedUnlessStopped()
      // Whoever was made for it may have been welcomed before; a host that is claimed once is in no mail but of this call.
      const mails = forOthers ? await seen(sent) : own === null ? [] : [own]
      const found = (await allOf(mails)).filter(({ url }) => claim.leads(url, host))
      const led = found.find(({ isNameAlone }) => !isNameAlone) ?? found[0]
      const text = led?.isLink === true && forOthers ? withoutSecrets(led.text, host) : led?.text
      return {
        ...{ of: sent.exchange, mail: own ?? undefined },
        ...{ led: text ?? null, isNameAlone: led?.isNameAlone ?? false },
      }
    },
  }

  /** As many as come of it as a rule get the promised time, since a later message may overtake them. */
  async function seen({ to, exchange }: Sent): Promise<readonly Delivery[]> {
    const within = profile.mail.delivery.within * 1000
    if (exchange.answer === 'accepted' && usual > 0)
      await wire.arrival({ to }, { within, count: usual }).catch(unlessSeen)
    await verify.fenced()
    return wire.deliveries({ to })
  }
}

/** What of a link in mail to others says where it leads, and no more: the rest may open an account. A host that was claimed stays. */
export function withoutSecrets(url: string, claimed?: string): string {
  const [, scheme = '', user = '', host = ''] =
    /^((?:[a-z][a-z0-9+.-]*:)?(?:\/\/)?)([^/?#@]*@)?([^/?#]*)/i.exec(url) ?? []
  const head = `${scheme}${user === '' ? '' : '…@'}${host}`
  const rest = url.slice(scheme.length + user.length + host.length)
  const at = claimed === undefined ? -1 : rest.indexOf(claimed)
  const kept = at < 0 ? '' : rest.slice(0, at + (claimed ?? '').length)
  return rest === kept ? `${head}${kept}` : `${head}${kept}/…`
}

/** Of a message, where something of it leads. */
interface Place {
  readonly text: string
  readonly url: URL
  readonly isNameAlone: boolean
  readonly isLink: boolean
}

/** Whom readers and servers answer to, and whose the message says it is. */
function addressesOf({ envelope, raw }: Delivery): Place[] {
  const header = readHeaders(raw)
  const written = ['From', 'Sender', 'Reply-To', 'Message-ID'].flatMap((field) =>
    header.field(field).map(({ value }) => ({ field, value })),
  )
  return [{ field: 'MAIL FROM', value: `<${envelope.from}>` }, ...written].flatMap(({ field, value }) => {
    const domains =
      field === 'Message-ID' ? [domainOf(value.replace(/>.*/s, ''))] : differential(value).domains
    return domains.flatMap((domain) => {
      const url = domain === '' ? null : URL.parse(`https://${domain}`)
      return url === null
        ? []
        : [{ text: `${field}: ${value}`, url, isNameAlone: field === 'Message-ID', isLink: false }]
    })
  })
}
