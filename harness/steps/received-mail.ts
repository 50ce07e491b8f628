import { randomUUID } from 'node:crypto'
import { setTimeout as after } from 'node:timers/promises'
import { few } from '../../reports/wording.ts'
import type { As } from '../api/api.ts'
import type { Kit } from '../check/kit.ts'
import type { Part } from '../check/verify.ts'
import type { Exchange } from '../model.ts'
import { verificationMail } from '../probes/verification-mail.ts'
import { type DeclaredOperation, operations } from '../profile/operations.ts'
import type { Profile } from '../profile/shape.ts'
import { Unproven } from '../verdicts.ts'
import { asksNobody, inputAlone, letIn } from './attempts.ts'
import { isDenial } from './denials.ts'
import { madeUpLike, withSecret } from './doors.ts'
import { seenAlive } from './key-holders.ts'
import { everyItem } from './listings.ts'
import { once } from './once.ts'
import { type Input, owner } from './sample-input.ts'
import { idOf, itemsOf } from './shared-items.ts'
import { holderOf } from './throw-away.ts'

type ReceivingKit = Pick<Kit, 'api' | 'inbound' | 'mailbox' | 'post' | 'profile' | 'runReach' | 'verify'>

/** A message as a foreign service sends it to an address of the target. */
interface Mail {
  /** The address as the profile has it. */
  readonly form: string
  readonly to: string
  /** That nobody knows who does not read it. */
  readonly code: string
  /** How it was taken. */
  readonly handed: Exchange
}

/** What came in, where its owner is shown it. */
interface Received extends Mail {
  readonly id: string | null
}

/** Somebody who is not to read it. */
interface Looker {
  readonly name: string
  as(): Promise<As>
  /** What he is not to read it by. */
  readonly denied: readonly Reading[]
  /** What he may read besides, where it is not to stand either. */
  readonly others: readonly DeclaredOperation[]
  /** A guard: it is let in elsewhere, where it has a credential that is good; a refusal of any other says nothing. */
  lives(): Promise<unknown>
  /** It is of another tenant, which has received mail of its own. */
  readonly isElsewhere?: true
}

const readings = ['inbound.list', 'inbound.get'] as const
type Reading = (typeof readings)[number]

/** What of a list is looked through: most show the newest first. */
const mostItems = 300

/** Verdicts on who else is shown what comes in for the owner's tenant. A guard: its owner is shown it. */
export async function readBack(kit: ReceivingKit): Promise<Part[]> {
  const mails = await Promise.all((kit.profile.mail.received ?? []).map((form) => handOver(kit, form)))
  const came = await shownAtHome(kit, mails)
  return lookersOf(kit).flatMap((looker) => partsOf(kit, looker, came))
}

async function handOver({ inbound, mailbox }: ReceivingKit, form: string): Promise<Mail> {
  const to = form.replaceAll('{tag}', () => mailbox.canary().slice(0, 16))
  const code = mailbox.canary()
  const from = mailbox.address('no-reply')
  const raw = verificationMail({ from, to, code, id: randomUUID() })
  const { exchange } = await inbound.hand({ from, to: [to], raw })
  return { form, to, code, handed: exchange }
}

/** All that was handed over, and what of it its owner is shown. */
interface Came {
  readonly mails: readonly Mail[]
  readonly received: readonly Received[]
  /** A guard: one that its owner is shown. */
  first(): Received
  /** A guard: one that its owner is shown by its id as well, where anything is. */
  byId(): Promise<Received & { readonly id: string }>
  /** The address of one, where its owner finds it by that. */
  searched(): Promise<string>
}

/** Waits as long as the target may take for mail. */
async function shownAtHome(kit: ReceivingKit, mails: readonly Mail[]): Promise<Came> {
  const { api, profile, verify } = kit
  const taken = mails.filter(({ handed }) => handed.answer === 'accepted')
  const end = Date.now() + profile.mail.delivery.within * 1000
  const look = async () => {
    const shown = verify.accepted(await listOf(kit))
    return taken.flatMap((mail) => {
      const item = itemOf(itemsOf(shown), mail)
      return item === undefined ? [] : [{ ...mail, id: idOf(item) }]
    })
  }
  let received = await look()
  while (received.length < taken.length && Date.now() < end) {
    await after(1000)
    received = await look()
  }
  const first = () => {
    const [mail] = received
    if (mail === undefined) throw unseen(kit, mails)
    verify.held(true, 'its owner is shown it')
    return mail
  }
  return {
    ...{ mails, received, first },
    byId: once(async () => {
      const { id, ...mail } = first()
      verify.held(id !== null, 'inbound.list gave no id', 'map result.items of inbound.list in the profile')
      if (!api.has('inbound.get')) return { ...mail, id: String(id) }
      const shown = verify.accepted(await api.call('inbound.get', { id }, holderOf(api, 'inbound.get')))
      verify.held(
        shown.response?.body.includes(mail.code) === true,
        'inbound.get does not show its owner the text of what came in',
        'see what inbound.get of the profile is answered',
      )
      return { ...mail, id: String(id) }
    }),
    searched: once(async () => {
      const mail = first()
      const holder = holderOf(api, 'inbound.list')
      const shown = verify.accepted(await api.call('inbound.list', { search: mail.to }, holder))
      const isFound = itemOf(itemsOf(shown), mail) !== undefined
      verify.applies(isFound, 'a search for its address does not find what came in, for its owner either')
      return mail.to
    }),
  }
}

function unseen({ api }: ReceivingKit, mails: readonly Mail[]): Unproven {
  const answers = mails.map(({ to, handed }) => `${to} was answered ${api.said(handed)}`)
  return new Unproven(
    `nothing that was handed over is shown to who may read it: mail to ${few(answers, 3)}`,
    'see that mail.inbound and mail.received of the profile are of the admin’s tenant, and that inbound.list shows the newest',
  )
}

const page = (api: Kit['api']) => api.carried('inbound.list', { limit: 100 })

/** What its owner is shown. */
function listOf({ api }: ReceivingKit): Promise<Exchange> {
  return api.call('inbound.list', page(api), holderOf(api, 'inbound.list'))
}

/** Some lists show no subject; an address that was made up for the one message is as good. */
function itemOf(items: readonly unknown[], { form, to, code }: Mail): unknown {
  return items.find((item) => {
    const text = JSON.stringify(item)
    return text.includes(code) || (form !== to && text.toLowerCase().includes(to.toLowerCase()))
  })
}

/** Those whom the tables deny it, another tenant, and whoever has no credential that is good. */
function lookersOf(kit: ReceivingKit): Looker[] {
  const { api, mailbox, profile } = kit
  const { principals } = profile
  const byName = (name: string): Pick<Looker, 'name' | 'as'> => ({ name, as: async () => name })
  const read = readings.filter((name) => api.has(name))
  const tenant = principals[owner]?.tenant
  const ofTenant = Object.keys(principals).flatMap((name): Looker[] => {
    const denied = read.filter((operation) => allows(profile, name, operation) === false)
    const isOurs = name !== 'neighbour' && principals[name]?.tenant === tenant
    if (!isOurs || denied.length === 0) return []
    const others = tellingOfMail(api).filter((operation) => allows(profile, name, operation) === true)
    const granted = Object.keys(profile.operations).filter((each) => allows(profile, name, each) === true)
    return [{ ...byName(name), denied, others, lives: once(() => seenAlive(kit, name, granted)) }]
  })
  const lists = tellingOfMail(api).filter((name) => name !== 'message.get')
  const neighbour: Looker = {
    ...{ ...byName('neighbour'), denied: read, others: lists, isElsewhere: true },
    lives: once(() => letIn(kit, 'neighbour')),
  }
  const madeUp = async () => {
    const credential = await api.credential(holderOf(api, 'inbound.list') ?? owner)
    return withSecret(credential, madeUpLike(credential.token, mailbox.canary()))
  }
  const without = { denied: read, others: [], lives: async () => {} }
  return [
    ...ofTenant,
    ...('neighbour' in principals ? [neighbour] : []),
    ...(asksNobody(api, 'inbound.list')
      ? []
      : [
          { ...without, name: 'nobody', as: async () => null },
          { ...without, name: 'a made-up credential', as: madeUp },
        ]),
    ...['revoked', 'expired']
      .filter((name) => name in principals)
      .map((name) => ({ ...without, ...byName(name) })),
  ]
}

/** Whether role and scopes allow it; `null` where nothing is said of them. */
function allows({ principals, roles, scopes }: Profile, name: string, operation: string): boolean | null {
  const { role, scopes: own } = principals[name] ?? {}
  const table = role === undefined ? undefined : roles[role]
  const granted = own?.map((scope) => scopes[scope])
  const said = [
    ...(table === undefined ? [] : [table === '*' || table.includes(operation)]),
    ...(granted === undefined || granted.includes(undefined)
      ? []
      : [granted.some((each) => each?.includes(operation))]),
  ]
  return said.length === 0 ? null : said.every(Boolean)
}

/** Whatever may show mail that came in beside what is for it: messages, the log, and what is called so beyond our words. */
function tellingOfMail({ has, profile }: Kit['api']): DeclaredOperation[] {
  const ours = (['message.list', 'message.get', 'audit.list'] as const).filter((name) => has(name))
  const further = Object.values(profile.operations).filter(
    ({ name, effect, object }) =>
      !(name in operations) && effect === 'read' && object === null && ofMail.test(name),
  )
  return [...ours, ...further.map(({ name }) => name)]
}

const ofMail = /log|event|activit|export|ticket|conversation|thread|inbox|mail|message|status/i

/** What somebody was answered, and the text in which codes are looked for. */
interface Look {
  readonly exchange: Exchange
  readonly text: string
}

function partsOf(kit: ReceivingKit, looker: Looker, came: Came): Part[] {
  const { api } = kit
  const { name: who, as, denied, others, isElsewhere = false } = looker
  const call = async (name: DeclaredOperation, input: Input): Promise<Look> => {
    const exchange = await api.call(name, input, await as(), { refersTo: holderOf(api, name) })
    return { exchange, text: exchange.response?.body ?? '' }
  }
  const all = async (name: Parameters<typeof everyItem>[1]): Promise<Look> => {
    const isEnough = (items: readonly unknown[]) => items.length >= mostItems
    const { items, last } = await everyItem(api, name, await as(), isEnough)
    return { exchange: last, text: `${JSON.stringify(items)} ${last.response?.body}` }
  }
  const part = (name: string, ask: () => Promise<Look>): Part => ({
    name: `${who}, ${name}`,
    judge: () => withheld(kit, looker, came, ask),
  })
  const inList = () => call('inbound.list', page(api))
  const known = once(inList)
  const byId = (name: DeclaredOperation) => async () => call(name, { id: (await came.byId()).id })
  return [
    ...(!denied.includes('inbound.list')
      ? []
      : isElsewhere
        ? came.mails.map((mail) => ({
            name: `${who}, in the list, mail to ${mail.form.replace(/@.*/, '@…')}`,
            judge: () => keptFrom(kit, looker, { came, mail }, known),
          }))
        : [part('in the list', inList)]),
    ...(isElsewhere && api.has('inbound.list', 'search')
      ? [
          part('in a search for the address', async () =>
            call('inbound.list', { search: await came.searched() }),
          ),
        ]
      : []),
    ...(denied.includes('inbound.get') ? [part('by its id', byId('inbound.get'))] : []),
    ...others.map((name) => {
      const list = (['message.list', 'audit.list'] as const).find((each) => each === name)
      if (name === 'message.get') return part(`by its id, in ${name}`, byId(name))
      return part(`in ${name}`, () =>
        list === undefined ? call(name, inputAlone(kit, name) ?? {}) : all(list),
      )
    }),
  ]
}

/** A verdict: what somebody is shown has the code of none of them. */
async function withheld(
  kit: ReceivingKit,
  { lives }: Looker,
  came: Came,
  ask: () => Promise<Look>,
): Promise<void> {
  came.first()
  const judged = async () => {
    const look = await ask()
    return { ...look, holds: hasNone(kit, look, came.mails) }
  }
  const { exchange, holds } = await judged()
  if (!holds) return
  await lives()
  await isDenial(kit, exchange, async () => {
    kit.verify.accepted(await listOf(kit))
    return (await judged()).exchange
  })
}

/** A verdict: another tenant's list has not the code of this one. A guard: that of its own tenant has it. */
async function keptFrom(
  kit: ReceivingKit,
  { lives }: Looker,
  { came, mail }: { readonly came: Came; readonly mail: Mail },
  ask: () => Promise<Look>,
): Promise<void> {
  const { exchange, text } = await ask()
  if (!hasNone(kit, { exchange, text }, [mail])) return
  if (!came.received.some(({ form }) => form === mail.form)) throw unseen(kit, [mail])
  await lives()
  kit.verify.answered(exchange)
}

function hasNone({ api, verify }: ReceivingKit, { exchange, text }: Look, mails: readonly Mail[]): boolean {
  const shown = mails.filter(({ code }) => text.includes(code))
  return verify.that(shown.length === 0, {
    of: exchange,
    expected:
      'mail that comes in for a tenant is shown to who may read received mail there, and to nobody else',
    actual: `it was answered ${api.said(exchange)}, with the code that was mailed to ${few(
      shown.map(({ to }) => to),
      3,
    )}`,
  })
}
