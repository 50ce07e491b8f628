import type { Ready } from '../api/starting-line.ts'
import { newPassword } from '../check/canary.ts'
import { createInbox } from '../check/inbox.ts'
import type { Kit } from '../check/kit.ts'
import type { Exchange } from '../model.ts'
import { Unproven, unlessUnproven } from '../verdicts.ts'
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
  const { api, profile, reach, verify, wire } = kit
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
  const mailed = async (account: NewAccount): Promise<string | Exchange> => {
    const before = await inbox.count(account.email)
    const asked = await ask(account)
    return asked.answer === 'accepted' ? read(account, before) : asked
  }
  const enroll = async (): Promise<Guessed> => {
    const account = await createAccounts(kit).create('guessed')
    const code = await mailed(account)
    if (typeof code !== 'string') throw notMailed(kit, code)
    return { account, code }
  }
  const guessing = (person: Promise<Guessed>): Guessing => {
    /** The one that is not used yet, so that there is something to guess; or what asking for another was answered. */
    let current: Promise<string | Exchange> = person.then(({ code }) => code)
    current.catch(() => {})
    let letIn: Exchange | null = null
    const show = async (account: NewAccount, token: string, ready?: Ready) =>
      passwordByToken(kit, account, token, newPassword('Other'), { unlimited: true, ready })
    return {
      async guess(ready) {
        const [{ account }, code] = [await person, await current]
        if (typeof code !== 'string') throw notMailed(kit, code)
        const says = digitsBut(kit, [code])
        const exchange = await show(account, says, ready)
        return { says, exchange, guessed: guessedByHttp(kit, exchange) }
      },
      async right(ready) {
        const { account } = await person
        const code = letIn === null ? await current : await current.catch(unlessUnproven)
        // No other one is mailed: what became of the last one holds.
        if (typeof code !== 'string') return letIn ?? (code as Exchange)
        const shown = await show(account, code, ready)
        if (shown.answer !== 'accepted') return shown
        letIn = shown
        current = mailed(account)
        current.catch(() => {})
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

function notMailed({ api }: Pick<Kit, 'api'>, asked: Exchange): Unproven {
  return new Unproven(
    `no code was mailed to guess at: ${api.said(asked)}`,
    'see password.forgot in the profile, and how many mails the target sends to one address',
  )
}
