import type { Kit } from '../check/kit.ts'
import type { Delivery, Exchange, HttpRequest } from '../model.ts'
import { differential, domainOf } from '../probes/addresses.ts'
import { readHeaders } from '../probes/headers.ts'
import type { HostClaim } from '../probes/host-claims.ts'
import { linksIn } from '../probes/mail-links.ts'
import type { Operation } from '../profile/shape.ts'
import { HeldBack } from '../verdicts.ts'
import { canMakeAccounts, createAccounts } from './accounts.ts'
import { tokenInMail } from './password-resets.ts'
import { canSay, freshMark, goesHome, sampleOf } from './sample-input.ts'

type Ground = Pick<Kit, 'api' | 'mailbox' | 'post' | 'profile' | 'reach' | 'runReach' | 'verify' | 'wire'>

/**
 * What of a request that was mailed leads where the request says, a link or an address to which readers and servers answer (CVE-2017-8295);
 * `led` is `null` where nothing does.
 */
export interface Led {
  readonly of: Exchange
  readonly mail: Delivery | undefined
  readonly led: string | null
  /** It is a name that nobody goes to. */
  readonly isNameAlone: boolean
}

/** A call by which the target mails. */
export interface LinkingCall {
  readonly name: string
  /** A guard: so it does. Not applicable where no mail comes. */
  mails(): Promise<{ readonly of: Exchange; readonly to: string; readonly mail: Delivery }>
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
  { api, post, reach, runReach, verify, wire }: Ground,
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
    // No report is to show what opens an account.
    for (const { url } of forOthers ? links : []) api.conceal('mailed_token', tokenInMail([url])?.token ?? '')
    return [
      ...links.map(({ url }) => ({ text: url, url: new URL(url), isNameAlone: false })),
      ...addressesOf(mail),
    ]
  }
  let places: readonly Place[] = []
  return {
    ...{ name, forOthers },
    async mails() {
      if (forOthers && runReach === 'safe')
        throw new HeldBack('it makes what is mailed of; allow it with --reach intrusive')
      const sent = await made((request) => request)
      verify.accepted(sent.exchange)
      if (!forOthers) await sent.delivered()
      await verify.fenced()
      const mail = (await wire.deliveries({ to: sent.to })).at(-1)
      verify.applies(mail !== undefined, `nothing is mailed by ${name}`)
      places = await placesOf(mail as Delivery)
      return { of: sent.exchange, to: sent.to, mail: mail as Delivery }
    },
    async claiming(claim, host) {
      verify.applies(!places.some(({ url }) => claim.leads(url, host)), 'links lead there without it')
      const sent = await made((request) => claim.claim(request, host))
      verify.applies(sent.exchange.unsent !== true, `no connection comes about with another ${claim.name}`)
      const mail = forOthers ? await seen(sent.to) : await sent.arrivedUnlessStopped()
      const found = (mail === null ? [] : await placesOf(mail)).filter(({ url }) => claim.leads(url, host))
      const led = found.find(({ isNameAlone }) => !isNameAlone) ?? found[0]
      return {
        ...{ of: sent.exchange, mail: mail ?? undefined },
        ...{ led: led?.text ?? null, isNameAlone: led?.isNameAlone ?? false },
      }
    },
  }

  async function seen(to: string): Promise<Delivery | null> {
    await verify.fenced()
    // Whoever was made for it may have been welcomed before.
    return (await wire.deliveries({ to })).at(-1) ?? null
  }
}

/** Of a message, where something of it leads. */
interface Place {
  readonly text: string
  readonly url: URL
  readonly isNameAlone: boolean
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
      return url === null ? [] : [{ text: `${field}: ${value}`, url, isNameAlone: field === 'Message-ID' }]
    })
  })
}
