import type { Ready } from '../api/starting-line.ts'
import { createInbox } from '../check/inbox.ts'
import type { Kit } from '../check/kit.ts'
import { createAccounts, type NewAccount } from './accounts.ts'
import { digitsBut } from './code-guesses.ts'
import { type Guessing, guessedByHttp, isQuick, promise, type WayToGuess } from './guessing.ts'
import { mailedToken, passwordByToken } from './password-resets.ts'

type ResetKit = Pick<Kit, 'api' | 'mailbox' | 'profile' | 'random' | 'reach' | 'verify' | 'wire'>

/** Somebody to whom codes are mailed that set a password. */
interface Guessed {
  readonly account: NewAccount
  /** The first that was mailed. */
  readonly code: string
}

/** Codes that are mailed to set a new password by. Not applicable where links are mailed: what they hold is judged by its length. */
export function resetCodes(kit: ResetKit): WayToGuess {
  const { api, mailbox, profile, reach, verify, wire } = kit
  const inbox = createInbox(wire)
  const ask = async ({ email }: NewAccount) => {
    await reach.take('mail', 1)
    return api.call('password.forgot', { email }, undefined, { unlimited: true })
  }
  const read = async ({ email }: NewAccount, before: number) => {
    const { token } = await mailedToken(kit, email, before, 'somebody who had forgotten their password')
    verify.applies(/^\d+$/.test(token), 'a link is mailed, whose token is too long to be guessed')
    return token
  }
  const enroll = async (): Promise<Guessed> => {
    const account = await createAccounts(kit).create('guessed')
    const before = await inbox.count(account.email)
    verify.accepted(await ask(account))
    const code = await read(account, before)
    return { account, code }
  }
  const guessing = (person: Promise<Guessed>): Guessing => {
    /** Mailed after the first; `null` where none was that is not used. */
    let further: string | null = null
    let isUsed = false
    const show = async (account: NewAccount, token: string, ready?: Ready) =>
      passwordByToken(kit, account, token, `Other-${mailbox.canary()}`, { unlimited: true, ready })
    return {
      async guess(ready) {
        const { account, code } = await person
        const says = digitsBut(kit, [code, further ?? code])
        const exchange = await show(account, says, ready)
        return { says, exchange, guessed: guessedByHttp(kit, exchange) }
      },
      async right(ready) {
        const { account, code } = await person
        if (isUsed && further === null) {
          const before = await inbox.count(account.email)
          const asked = await ask(account)
          if (asked.answer !== 'accepted') return asked
          further = await read(account, before)
        }
        const shown = await show(account, further ?? code, ready)
        if (shown.answer === 'accepted') {
          isUsed = true
          further = null
        }
        return shown
      },
    }
  }
  const { perAccount, window } = profile.policies.limits?.codes ?? {}
  const person = enroll()
  person.catch(() => {})
  const made = guessing(person)
  return {
    ...{ ...made, name: 'codes that set a password', ready: person, promised: promise(perAccount, window) },
    isTarpit: async () => (await made.guess()).guessed !== 'looked at' && (await isQuick(kit)),
    async another() {
      const other = enroll()
      await other
      return guessing(other)
    },
  }
}
