import { createInbox } from '../check/inbox.ts'
import type { Kit } from '../check/kit.ts'
import type { Part } from '../check/verify.ts'
import { lookAlikes, lookedAlike } from '../probes/look-alikes.ts'
import { tokenIn } from '../probes/mailed-tokens.ts'
import { createAccounts } from './accounts.ts'
import { mailedToken, opens, passwordByToken } from './password-resets.ts'

type AlikeKit = Pick<Kit, 'api' | 'mailbox' | 'profile' | 'reach' | 'verify' | 'wire'>

/** An address that is not the victim’s, and whose mail an attacker reads. */
interface Asked {
  readonly written: string
  readonly mailbox: string
}

/** What is asked for by an address that is like a victim’s, or names it beside another, each for a victim of its own. */
export function resetsByAddressesAlike(kit: AlikeKit): Part[] {
  const { verify } = kit
  const { stranger } = createAccounts(kit)
  const beside = (name: string, between: string) => ({
    name,
    of(victim: string): Asked {
      const mailbox = stranger('attacker')
      return { written: `${victim}${between}${mailbox}`, mailbox }
    },
  })
  const all = [
    ...lookAlikes,
    beside('two addresses with a comma', ','),
    beside('two addresses with a semicolon', ';'),
    beside('two addresses with a space', ' '),
  ]
  return all.map(({ name, of }) => ({
    name,
    async judge() {
      const victim = await createAccounts(kit).create(lookedAlike)
      const asked = of(victim.email)
      verify.applies(asked !== null, 'no letter of the domain of the sandbox can be replaced so')
      if (asked !== null) await reachesTheVictimAlone(kit, victim, asked)
    },
  }))
}

/** A verdict: what sets a password by mail reaches the address of the account as it is kept, whatever was asked for. */
async function reachesTheVictimAlone(
  kit: AlikeKit,
  victim: { readonly email: string; readonly password: string },
  { written, mailbox: own }: Asked,
): Promise<void> {
  const { api, mailbox, reach, verify, wire } = kit
  const forget = async (email: string) => {
    await reach.take('mail', 1)
    return api.call('password.forgot', { email })
  }
  // A guard (C1): by the address as it is, something comes.
  verify.accepted(await forget(victim.email))
  await mailedToken(kit, victim.email, 0, 'somebody who had forgotten their password')
  const of = await forget(written)
  verify.answered(of, 'the effect decides')
  await fenced(kit)
  const came = await createInbox(asWritten(wire)).after(own, 0, 0)
  const found = tokenIn(came.flat().join('\n'))
  const password = `Other-${mailbox.canary()}`
  if (found !== null) {
    api.conceal('mailed_token', found.token)
    await passwordByToken(kit, victim, found.token, password)
  }
  const isTaken = found !== null && (await opens(kit, { ...victim, password })) !== null
  if (!isTaken) verify.held((await opens(kit, victim)) !== null, 'the victim can sign in no more')
  verify.that(!isTaken, {
    of,
    expected: 'what sets a password is mailed to the address of the account as it is kept, and nowhere else',
    actual: `it came to ${own}, and set the password of ${victim.email}`,
  })
}

/**
 * A guard (C4): all that was mailed before has come, as a message shows that comes after it; of a target that sends nothing that it is
 * given, what it mails to somebody else.
 */
async function fenced(kit: AlikeKit): Promise<void> {
  const { api, profile, reach, verify } = kit
  if (api.has('message.send') || profile.mail.submission !== undefined) return verify.fenced()
  const { email } = await createAccounts(kit).create('later')
  await reach.take('mail', 1)
  verify.accepted(await api.call('password.forgot', { email }))
  await mailedToken(kit, email, 0, 'somebody who forgot their password later')
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
