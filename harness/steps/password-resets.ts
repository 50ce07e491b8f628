import type { CallOptions } from '../api/api.ts'
import { firstFound } from '../api/mailed-code.ts'
import { newPassword } from '../check/canary.ts'
import { createInbox } from '../check/inbox.ts'
import type { Kit } from '../check/kit.ts'
import type { Part, Variant } from '../check/verify.ts'
import type { Exchange, Severity } from '../model.ts'
import { derivationOf } from '../probes/derived-tokens.ts'
import { fewestKeys, strengthOf } from '../probes/key-strength.ts'
import { type MailedToken, tokenIn } from '../probes/mailed-tokens.ts'
import { NotApplicable, Unproven } from '../verdicts.ts'
import {
  type Account,
  createAccounts,
  holderOfSession,
  type NewAccount,
  sessionGiven,
  sessionIn,
  signInInput,
} from './accounts.ts'
import { judgeChance, strengthText } from './chance.ts'
import { doorOfSession, madeUpLike } from './doors.ts'
import { sameAtOnce } from './same-at-once.ts'

export type ResetsKit = Pick<Kit, 'api' | 'mailbox' | 'profile' | 'reach' | 'verify' | 'wire'>

/** A token, and the call that had it mailed. */
interface Mailed extends MailedToken {
  readonly asked: Exchange
}

/** People who forget their passwords, and the ways that they have. */
interface Forgetful {
  /** A guard: somebody new who can sign in. */
  person(): Promise<NewAccount>
  /** A guard: what is mailed to somebody who asks for it. */
  mailed(account: Account): Promise<Mailed>
  /** What they ask for to set a password, counted as the mail that comes of it; the answer as it is. */
  ask(email: string, options?: Pick<CallOptions, 'unlimited'>): Promise<Exchange>
  /** A guard: a token of theirs sets a new password, by which they sign in, and by the former no more. They as they are then. */
  resets(account: Account, token: string): Promise<Account>
  /** A try to set a password; the answer as it is. */
  set(account: Account, token: string, password: string): Promise<Exchange>
  /** Whether somebody can sign in with that password. Unproven where the answer says neither. */
  signsIn(account: Pick<Account, 'email' | 'password'>): Promise<boolean>
  newPassword(): string
}

export function forgetful(kit: ResetsKit): Forgetful {
  const { api, reach, verify, wire } = kit
  const { create } = createAccounts(kit)
  const inbox = createInbox(wire)
  const people: Forgetful = {
    person: () => create('forgetful'),
    newPassword: () => newPassword('Other'),
    async ask(email, options) {
      await reach.take('mail', 1)
      return api.call('password.forgot', { email }, undefined, options)
    },
    async mailed({ email }) {
      const before = await inbox.count(email)
      const asked = verify.accepted(await people.ask(email))
      return {
        ...(await mailedToken(kit, email, before, 'somebody who had forgotten their password')),
        asked,
      }
    },
    async resets(account, token) {
      const now = { ...account, password: people.newPassword() }
      verify.accepted(await people.set(account, token, now.password))
      verify.held(
        await people.signsIn(now),
        'nobody can sign in with the password that a mailed token has set',
      )
      verify.held(
        !(await people.signsIn(account)),
        'the former password signs in as well once a mailed token has set another: what sets one cannot be told',
      )
      return now
    },
    set: (account, token, password) => passwordByToken(kit, account, token, password),
    signsIn: async (account) => (await opens(kit, account)) !== null,
  }
  return people
}

/**
 * A sign-in that is accepted, and opens a session where the profile says what sessions are; `null` where it is refused. Unproven where
 * the answer says neither.
 */
export async function opens(
  { api, verify }: Pick<Kit, 'api' | 'verify'>,
  account: Pick<Account, 'email' | 'password'>,
): Promise<Exchange | null> {
  const exchange = await api.call('session.create', signInInput({ api }, account))
  if (exchange.answer !== 'accepted') verify.answered(exchange)
  // Some answer 200 to a wrong password, and give neither a session nor the way to one.
  const isSession =
    typeof exchange.result?.['challenge'] === 'string' ||
    holderOfSession(api.profile)[1] === null ||
    sessionIn({ api }, exchange) !== null
  return exchange.answer === 'accepted' && isSession ? exchange : null
}

/** A guard: the first token that comes to an address after so many messages; `whom` says whose it is. */
export async function mailedToken(
  { api, profile, verify, wire }: Pick<Kit, 'api' | 'profile' | 'verify' | 'wire'>,
  address: string,
  before: number,
  whom: string,
): Promise<MailedToken> {
  const { within } = profile.mail.delivery
  const seen = await firstFound({ inbox: createInbox(wire), address, before, within }, tokenInMail)
  if (!('found' in seen)) throw nothingMailed(seen.seen, within, whom)
  verify.held(true, 'a token was mailed')
  // No report is to show what it opens.
  api.conceal('mailed_token', seen.found.token)
  return seen.found
}

/** A link anywhere in a message goes before what looks like a code. */
export function tokenInMail(texts: readonly string[]): MailedToken | null {
  return tokenIn(texts.join('\n'))
}

function nothingMailed(seen: number, within: number, whom: string): Unproven {
  return seen === 0
    ? new Unproven(
        `nothing was mailed to ${whom}, within ${within} s`,
        'see whether the target delivers to the sandbox, whether it mails one address only now and then, and mail.delivery.within in the profile',
      )
    : new Unproven(
        `${seen === 1 ? 'the message' : `none of the ${seen} messages`} to ${whom} has ${seen === 1 ? 'no' : 'a'} link with a token, and no code`,
        'have the target mail one: a link with a token in its query, its fragment or at the end of its path, or what its text calls a code or a token: digits, or sixteen letters and digits or more',
      )
}

/** Whose password must stay as it is, and a token that must not set it. */
interface Misused {
  readonly account: Account
  readonly token: string
}

/** A guard (C1): somebody who forgot their password sets a new one by what is mailed to them. They as they are then, and the token. */
export async function plainReset(kit: ResetsKit): Promise<Misused> {
  const { person, mailed, resets } = forgetful(kit)
  const account = await person()
  const { token } = await mailed(account)
  return { account: await resets(account, token), token }
}

/** Whether the profile declares all that a new password by mail takes. */
export function hasResets({ has }: Pick<Kit['api'], 'has'>): boolean {
  return (
    has('password.forgot', 'email') && has('password.reset', 'token') && has('password.reset', 'password')
  )
}

/** A guard: somebody has a token mailed, and sets a new password by it: which one, and by which call. */
export async function resetByMail(
  kit: ResetsKit,
  account: Account,
): Promise<{ readonly by: Exchange; readonly password: string }> {
  const { mailed, set, newPassword } = forgetful(kit)
  const { token } = await mailed(account)
  const password = newPassword()
  return { password, by: kit.verify.accepted(await set(account, token, password)) }
}

/** A guard: what is mailed for a new password comes to them. It is not used: others may sign in by the password that they have. */
export async function mailReaches(kit: ResetsKit, account: Account): Promise<void> {
  await forgetful(kit).mailed(account)
}

/** A try to set a password by a token; the answer as it is. */
export function passwordByToken(
  { api }: Pick<Kit, 'api'>,
  { email }: Pick<Account, 'email'>,
  token: string,
  password: string,
  options?: CallOptions,
): Promise<Exchange> {
  const input = { token, password, ...api.carried('password.reset', { email }) }
  return api.call('password.reset', input, undefined, options)
}

/** Something that must set no password. */
interface Misuse extends Variant {
  readonly isThere: boolean
  prepare(): Promise<Misused>
  readonly actual: string
  readonly severity?: Severity
}

function misusesOf(kit: ResetsKit, used: Misused): Misuse[] {
  const { api, mailbox, verify } = kit
  const { person, mailed, signsIn, newPassword } = forgetful(kit)
  const changed = async (account: Account, change: Partial<Account>): Promise<Account> => {
    verify.held(account.id !== null, 'user.create gave no id', 'map result.id of user.create in the profile')
    verify.accepted(await api.call('user.update', { id: account.id, ...change }))
    const now = { ...account, ...change }
    verify.held(
      await signsIn(now),
      `nobody can sign in as user.update has changed it: ${Object.keys(change)}`,
    )
    return now
  }
  const of = async (account: Account) => ({ account, ...(await mailed(account)) })
  const namesAccounts = api.has('password.reset', 'email')
  return [
    {
      ...{ name: 'used twice', isThere: true },
      prepare: async () => used,
      actual: 'a token that had set a password before set another one',
    },
    {
      ...{ name: 'older than a newer one', isThere: true, severity: 'low' },
      async prepare() {
        const { account, token } = await of(await person())
        const newer = await mailed(account)
        verify.applies(newer.token !== token, 'the same token is mailed again while it is good')
        return { account, token }
      },
      actual: 'a token set a password though a newer one had been mailed',
    },
    {
      ...{ name: 'from before another password', isThere: api.has('user.update', 'password') },
      async prepare() {
        const { account, token } = await of(await person())
        return { account: await changed(account, { password: newPassword() }), token }
      },
      actual: 'a token that was mailed before the password was changed set another one',
    },
    {
      ...{ name: 'from before another address', isThere: api.has('user.update', 'email') },
      async prepare() {
        const { account, token } = await of(await person())
        return { account: await changed(account, { email: mailbox.address('moved') }), token }
      },
      actual: 'a token that was mailed to the former address set the password',
    },
    {
      ...{ name: 'for another account', isThere: namesAccounts },
      async prepare() {
        const { token } = await mailed(await person())
        return { account: await person(), token }
      },
      actual: 'a token that was mailed to somebody else set the password of whom the request names',
    },
    {
      ...{ name: 'made up', isThere: namesAccounts },
      async prepare() {
        const { account, token } = await of(await person())
        return { account, token: madeUpLike(token, mailbox.canary()) }
      },
      actual: 'a token that was never mailed set the password of whom the request names',
    },
  ]
}

/** What is judged of tokens, each by itself: all that the profile has operations for. `used` is what a plain reset has used. */
export function questionsOfResets(kit: ResetsKit, used: Misused): Part[] {
  return [
    ...misusesOf(kit, used)
      .filter(({ isThere }) => isThere)
      .map((misuse) => ({ name: misuse.name, judge: () => setsNothing(kit, misuse) })),
    { name: 'used many times at once', judge: () => setsOnce(kit) },
    ...(holderOfSession(kit.api.profile)[1] === null
      ? []
      : [{ name: 'shown as a session is', judge: () => opensNothing(kit) }]),
    { name: 'its link followed before', judge: () => outlivesLooks(kit) },
    { name: 'many of them', judge: () => tokensAreChance(kit) },
  ]
}

/** A verdict, by who can sign in: the token sets no password. */
async function setsNothing(kit: ResetsKit, { prepare, actual, severity }: Misuse): Promise<void> {
  const { verify } = kit
  const { set, signsIn, newPassword } = forgetful(kit)
  const { account, token } = await prepare()
  const password = newPassword()
  const attempt = await set(account, token, password)
  verify.answered(attempt, 'the effect decides')
  const stays = await signsIn(account)
  if (!stays) verify.held(await signsIn({ ...account, password }), neither)
  verify.that(stays, { of: attempt, severity, expected: 'the password stays as it is', actual })
}

/** Of a race: as many as have room in a second of hashing. */
const atOnce = 4

/** A verdict, by the answers: of several uses at once, one sets a password. */
async function setsOnce(kit: ResetsKit): Promise<void> {
  const { api, verify } = kit
  const { person, mailed, set, newPassword } = forgetful(kit)
  const account = await person()
  const { token } = await mailed(account)
  const all = await sameAtOnce(kit, atOnce, (ready) =>
    passwordByToken(kit, account, token, newPassword(), { ready, unlimited: true }),
  )
  const taken = all.filter(({ answer }) => answer === 'accepted')
  const said = all.map((each) => api.said(each)).join(', ')
  verify.held(taken.length > 0, `of ${atOnce} uses at once none was accepted: ${said}`)
  const after = await set(account, token, newPassword())
  verify.applies(
    after.answer !== 'accepted',
    'a token that was used is answered as a good one: of several uses it is not to be seen which did something',
  )
  verify.that(taken.length === 1, {
    ...{ of: taken[0], severity: 'low', expected: 'a token sets a password once' },
    actual: `${taken.length} of ${atOnce} uses at once were accepted`,
  })
}

/** A verdict: what sets a password is no access token (RFC 8725 §3.12). */
async function opensNothing(kit: ResetsKit): Promise<void> {
  const { api, verify } = kit
  const { person, mailed } = forgetful(kit)
  const account = await person()
  const door = await doorOfSession(kit, sessionGiven({ api }, account.signedIn))
  const { token } = await mailed(account)
  const { exchange: of, caller } = await door.show(token)
  if (caller === null) await door.denied(of)
  verify.that(caller === null, {
    of,
    expected: 'what is mailed sets a password, and opens nothing by itself',
    actual: `${of.operation} was answered ${api.said(of)} to it, shown where a session is`,
  })
}

const neither = 'neither the password from before nor the one that was tried signs in'

/** A verdict: programs that follow the links of mail, as filters do before its reader, set nothing and use nothing up. */
async function outlivesLooks(kit: ResetsKit): Promise<void> {
  const { verify } = kit
  const { person, mailed, set, signsIn, newPassword } = forgetful(kit)
  const account = await person()
  const { token, link } = await mailed(account)
  if (link === null) throw new NotApplicable('a code is mailed, which no program follows')
  await look(kit, link, 'HEAD')
  const shown = await look(kit, link, 'GET')
  const { status = 0 } = shown.response ?? {}
  verify.held(
    status >= 200 && status < 400,
    `the link in the mail was answered ${kit.api.said(shown)}`,
    'see where it leads: where that host is served elsewhere here, pages.NAME.at of the profile says it',
  )
  verify.that(await signsIn(account), {
    of: shown,
    expected: 'the password stays as it is until somebody sets another one',
    actual: 'it signs nobody in once the link was followed',
  })
  const password = newPassword()
  const attempt = await set(account, token, password)
  verify.answered(attempt, 'the effect decides')
  const isSet = await signsIn({ ...account, password })
  if (!isSet) verify.held(await signsIn(account), neither)
  verify.that(isSet, {
    ...{ of: attempt, severity: 'medium' },
    expected: 'the token sets a password when its link was followed before, by HEAD and GET',
    actual: `it was used up by that: password.reset was answered ${kit.api.said(attempt)}`,
  })
}

/** As a program does that looks where a link leads; a redirect is an answer. */
async function look({ api, profile }: ResetsKit, link: URL, method: 'HEAD' | 'GET'): Promise<Exchange> {
  const { target } = profile
  const pages = Object.values(profile.pages ?? {})
  const isServed = [target.url, ...pages.map(({ url = '' }) => url)].some(
    (url) => URL.parse(url)?.origin === link.origin,
  )
  const at = isServed ? link.origin : pages.find((page) => page.at !== undefined)?.at
  if (at === undefined)
    throw new NotApplicable(
      `the link leads to ${link.host}, of which the profile says nothing: a page of it says where that is served (pages.NAME.url, or at)`,
    )
  return api.send(
    {
      method,
      origin: new URL(at).origin,
      path: `${link.pathname}${link.search}`,
      headers: [['accept', 'text/html'], ['user-agent', 'postern'], ...Object.entries(target.headers ?? {})],
      body: null,
    },
    { operation: null, principal: 'anonymous' },
  )
}

/** A guard: a token is mailed to each of as many people as tell enough. */
async function tokensOfMany(kit: ResetsKit): Promise<string[]> {
  const { person, mailed } = forgetful(kit)
  const one = async () => (await mailed(await person())).token
  return Promise.all(Array.from({ length: fewestKeys }, one))
}

/** Of a signed token (RFC 7515 §3.1) the signature: the rest says whose it is and from when. */
function drawnPart(token: string): string {
  return /^eyJ[\w-]*\.[\w-]*\.([\w-]*)$/.exec(token)?.[1] ?? token
}

/** As many as tell enough. */
const requests = 12
/** Milliseconds by which clocks may differ. */
const skew = 1000
/** Of six digits, which is what codes have (ASVS 5.0 6.5.5 asks for 20 bits and counts six digits as such). */
const bitsOfCodes = Math.log2(1e6)

/** A verdict: nobody guesses tokens who has seen many, knows whom they are for and when they were made. */
async function tokensAreChance(kit: ResetsKit): Promise<void> {
  const { api, profile, verify, wire } = kit
  const { ask, person } = forgetful(kit)
  const { email } = await person()
  const inbox = createInbox(wire)
  const before = await inbox.count(email)
  const asked: Exchange[] = []
  for (let i = 0; i < requests; i++) {
    const exchange = await ask(email)
    // There may be a limit to how many there are.
    if (exchange.answer !== 'accepted' && asked.length >= fewestKeys) break
    asked.push(verify.accepted(exchange))
  }
  const [first, last] = [asked.at(0), asked.at(-1)]
  await inbox.after(email, before + asked.length - 1, profile.mail.delivery.within * 1000)
  const found = (await inbox.after(email, before, 0)).flatMap((texts) => {
    const mailed = tokenInMail(texts)
    return mailed === null ? [] : [mailed]
  })
  for (const { token } of found) api.conceal('mailed_token', token)
  verify.held(
    found.length >= fewestKeys,
    `${found.length} tokens came for ${asked.length} requests, by which nothing can be told from chance`,
    `${fewestKeys} are enough: see how many mails the target sends to one address, and mail.delivery.within in the profile`,
  )
  if (first === undefined || last === undefined) throw new Error('expected requests before their answers')
  const tokens = found.map(({ token }) => token)
  // More than were asked for: mail may be delivered twice.
  const secrets = tokens.length > asked.length ? [...new Set(tokens)] : tokens
  if (found.every(({ link, token }) => link === null && /^\d+$/.test(token))) {
    const strength = strengthOf(secrets)
    verify.remark('whether guesses of codes are limited is looked at by rate-limit/cred-guess')
    verify.that(strength.bits >= Math.floor(bitsOfCodes), {
      of: last,
      expected: 'codes of six digits or more',
      actual: strengthText(secrets.length, 'codes', strength),
    })
    return
  }
  // One that is computed, of the account and the second say, is the same once more, and no other one can guess it by that.
  const isAgain = new Set(secrets).size < Math.min(tokens.length, asked.length)
  if (isAgain)
    verify.remark('who asks again is mailed the same token again: those of several people were compared')
  const compared = isAgain ? await tokensOfMany(kit) : secrets
  judgeChance(kit, { secrets: compared.map(drawnPart), called: 'tokens', of: last })
  const made = { from: first.startedAt - skew, to: first.startedAt + first.milliseconds + skew }
  const derivation = derivationOf(secrets[0] ?? '', { email, ...made })
  verify.that(derivation === null, {
    of: first,
    expected: 'a token that is made of nothing that others know',
    actual: `it is the ${derivation}`,
  })
}
