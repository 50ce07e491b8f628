import type { Kit } from '../check/kit.ts'
import type { Delivery, Exchange, HttpRequest } from '../model.ts'
import type { HostClaim } from '../probes/host-claims.ts'
import { linksIn } from '../probes/mail-links.ts'
import type { Operation } from '../profile/shape.ts'
import { HeldBack } from '../verdicts.ts'
import { canSay, freshMark, goesHome, sampleOf } from './sample-input.ts'

type Ground = Pick<Kit, 'api' | 'mailbox' | 'post' | 'profile' | 'reach' | 'runReach' | 'verify' | 'wire'>

/** What of a request that was mailed leads where the request says; `led` is `null` where nothing does. */
export interface Led {
  readonly of: Exchange
  readonly mail: Delivery | undefined
  readonly led: string | null
}

/** A call by which the target mails links of its own. */
export interface LinkingCall {
  readonly name: string
  /** A guard: so it does. Not applicable where none of its links comes. */
  mailsLinks(): Promise<void>
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
    return { to, input: { to, ...api.carried('message.send', letter) } }
  }
  return [
    ...(send === undefined ? [] : [linkingCall(kit, send, own, toReader)]),
    ...others.map((operation) => linkingCall(kit, operation, own, () => sampleFor(kit, operation))),
  ]
}

/** What a call is made with, and where its mail goes. */
interface Given {
  readonly to: string
  readonly input: Readonly<Record<string, unknown>>
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
  given: () => Given,
): LinkingCall {
  const forOthers = kind !== 'message'
  const made = async (change: (request: HttpRequest) => HttpRequest) => {
    const { to, input } = given()
    const request = change(await api.prepare(name, input))
    await reach.take('mail', 1)
    const exchange = await api.send(request, { operation: name, principal: as ?? 'anonymous', input })
    return post.of(to, exchange)
  }
  const linksOf = async (mail: Delivery) =>
    (await linksIn(mail.raw)).flatMap(({ url }) => (url !== own && URL.canParse(url) ? [new URL(url)] : []))
  let links: readonly URL[] = []
  return {
    ...{ name, forOthers },
    async mailsLinks() {
      if (forOthers && runReach === 'safe')
        throw new HeldBack('it makes what is mailed of; allow it with --reach intrusive')
      const sent = await made((request) => request)
      verify.accepted(sent.exchange)
      if (!forOthers) await sent.delivered()
      await verify.fenced()
      const [mail] = await wire.deliveries({ to: sent.to })
      links = mail === undefined ? [] : await linksOf(mail)
      verify.applies(links.length > 0, `no link of the target’s own is mailed by ${name}`)
    },
    async claiming(claim, host) {
      verify.applies(!links.some((link) => claim.leads(link, host)), 'links lead there without it')
      const sent = await made((request) => claim.claim(request, host))
      verify.applies(sent.exchange.unsent !== true, `no connection comes about with another ${claim.name}`)
      const mail = forOthers ? await seen(sent.to) : await sent.arrivedUnlessStopped()
      const led = (mail === null ? [] : await linksOf(mail)).find((link) => claim.leads(link, host))
      return { of: sent.exchange, mail: mail ?? undefined, led: led?.href ?? null }
    },
  }

  async function seen(to: string): Promise<Delivery | null> {
    await verify.fenced()
    const [mail = null] = await wire.deliveries({ to })
    return mail
  }
}
