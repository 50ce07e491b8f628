import { newPassword } from '../check/canary.ts'
import { createInbox } from '../check/inbox.ts'
import type { Kit } from '../check/kit.ts'
import type { Part } from '../check/verify.ts'
import type { Exchange } from '../model.ts'
import { withList } from '../probes/listed-values.ts'
import { lookAlikes, lookedAlike } from '../probes/look-alikes.ts'
import { tokenIn } from '../probes/mailed-tokens.ts'
import { type Account, type Accounts, createAccounts } from './accounts.ts'
import { guardForAll } from './guard-for-all.ts'
import { once } from './once.ts'
import { mailedToken, opens, passwordByToken } from './password-resets.ts'

type AlikeKit = Pick<Kit, 'api' | 'mailbox' | 'profile' | 'reach' | 'verify' | 'wire'>

/** An address that is not the victim’s, and whose mail an attacker reads. */
interface Asked {
  readonly written: string | readonly string[]
  readonly mailbox: string
}

/**
 * What is asked for by an address that is like a victim’s, or names it beside another: of one victim first, and where anything comes
 * to the other address, of a victim of its own, whose token nobody else can have ended.
 */
export function resetsByAddressesAlike(kit: AlikeKit): Part[] {
  const { profile, verify } = kit
  const { create, stranger } = createAccounts(kit)
  const beside = (name: string, between: string) => ({
    name,
    of(victim: string): Asked {
      const mailbox = stranger('attacker')
      return { written: `${victim}${between}${mailbox}`, mailbox }
    },
  })
  const listed = {
    name: 'two addresses in a list',
    of(victim: string): Asked {
      const mailbox = stranger('attacker')
      return { written: [victim, mailbox], mailbox }
    },
  }
  const all = [
    ...lookAlikes,
    ...(['json', 'form'].includes(profile.operations['password.forgot']?.body?.kind ?? '') ? [listed] : []),
    beside('two addresses with a comma', ','),
    beside('two addresses with a semicolon', ';'),
    beside('two addresses with a space', ' '),
  ]
  const ofAll = once(() => forgetful(kit, create))
  const later = once(() => create('later'))
  const after = guardForAll(async () => {
    await fenced(kit, later)
    verify.held((await opens(kit, await ofAll())) !== null, 'the victim can sign in no more')
  })
  const asks = async ({ email }: Victim, of: (victim: string) => Asked | null) => {
    const asked = of(email)
    verify.applies(asked !== null, 'no letter of the domain of the sandbox can be replaced so')
    const exchange = await forget(kit, asked?.written ?? '')
    verify.answered(exchange, 'the effect decides')
    return { exchange, own: asked?.mailbox ?? '' }
  }
  /** A verdict: what sets a password by mail reaches the address of the account as it is kept, whatever was asked for. */
  const alone = async (of: (victim: string) => Asked | null) => {
    const victim = await forgetful(kit, create)
    const { exchange, own } = await asks(victim, of)
    await fenced(kit, later)
    const token = await tokenAt(kit, own)
    const password = newPassword('Other')
    if (token !== null) await passwordByToken(kit, victim, token, password)
    const isTaken = token !== null && (await opens(kit, { ...victim, password })) !== null
    if (!isTaken) verify.held((await opens(kit, victim)) !== null, 'the victim can sign in no more')
    verify.that(!isTaken, {
      of: exchange,
      expected,
      actual: `it came to ${own}, and set the password of ${victim.email}`,
    })
  }
  return all.map(({ name, of }) => ({
    name,
    async judge() {
      const { exchange, own } = await after.atOnce(async () => asks(await ofAll(), of))
      await after.holds()
      if ((await tokenAt(kit, own)) !== null) await alone(of)
      else verify.that(true, { of: exchange, expected, actual: '' })
    },
  }))
}

type Victim = Pick<Account, 'email' | 'password'>

const expected =
  'what sets a password is mailed to the address of the account as it is kept, and nowhere else'

async function forget({ api, reach }: AlikeKit, email: Asked['written']): Promise<Exchange> {
  await reach.take('mail', 1)
  if (typeof email === 'string') return api.call('password.forgot', { email })
  const [first = ''] = email
  const request = await api.prepare('password.forgot', { email: first })
  const input = { email: [...email] }
  return api.send(withList(request, first, email), {
    ...{ operation: 'password.forgot', principal: 'anonymous', input },
  })
}

/** A guard (C1): somebody new, to whom something comes by their address as it is. */
async function forgetful(kit: AlikeKit, create: Accounts['create']): Promise<Victim> {
  const victim = await create(lookedAlike)
  kit.verify.accepted(await forget(kit, victim.email))
  await mailedToken(kit, victim.email, 0, 'somebody who had forgotten their password')
  return victim
}

/** What has come to an address by now that sets a password; `null` for nothing. */
async function tokenAt({ api, wire }: AlikeKit, address: string): Promise<string | null> {
  const came = await createInbox(asWritten(wire)).after(address, 0, 0)
  const found = tokenIn(came.flat().join('\n'))
  if (found !== null) api.conceal('mailed_token', found.token)
  return found?.token ?? null
}

/** Somebody else, who forgets their password whenever it is to be known whether what others were mailed has come. */
type Later = () => Promise<Pick<Account, 'email'>>

/**
 * A guard (C4): all that was mailed before has come, as what is mailed by the same way shows, which no message of a tenant does, and
 * after that a message: of a mail to several addresses one may come after the other.
 */
async function fenced(kit: AlikeKit, later: Later): Promise<void> {
  const { api, profile, verify, wire } = kit
  const { email } = await later()
  const before = await createInbox(wire).count(email)
  verify.accepted(await forget(kit, email))
  await mailedToken(kit, email, before, 'somebody who forgot their password later')
  if (api.has('message.send') || profile.mail.submission !== undefined) await verify.fenced()
}

/** The wire, where an address is itself alone: of those that it keeps in small letters a Kelvin sign is a k. */
function asWritten(wire: Kit['wire']): Pick<Kit['wire'], 'arrival' | 'deliveries'> {
  return {
    deliveries: (filter) => wire.deliveries(filter),
    async arrival(filter, options) {
      const all = await wire.arrival(filter, options)
      return all.filter(({ envelope }) => filter.to === undefined || envelope.to.includes(filter.to))
    },
  }
}
