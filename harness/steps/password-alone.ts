import { newPassword } from '../check/canary.ts'
import type { Kit } from '../check/kit.ts'
import { seesMail } from '../check/needs.ts'
import type { Variant } from '../check/verify.ts'
import type { Exchange } from '../model.ts'
import { type Account, createAccounts } from './accounts.ts'
import { clientForCodes, fieldsOf } from './authorization-server.ts'
import { field } from './cross-site.ts'
import { dashboardOf, visitDashboard } from './dashboard.ts'
import { givenEarly } from './half-sign-ins.ts'
import { hasResets, passwordByToken, resetByMail } from './password-resets.ts'
import { cookiesGiven, type Enrolled, rolesToEnroll, secondFactors } from './second-factors.ts'
import { asksForMore, type UserAgent } from './user-agent.ts'

/** A channel beside the sign-in that has no place for a second factor. */
export interface Channel extends Variant {
  /** Who is let in by the password of somebody with a second factor, or by a wrong one: the answer, or `null`. */
  isLetIn(password: 'right' | 'wrong'): Promise<Exchange | null>
  /** A guard: what the profile shows there is let in. */
  control(): Promise<void>
}

/** Submission, HTTP Basic, pages of their own and what sets a password, as far as the target is reached by them. */
export async function passwordAlone(kit: Kit): Promise<Channel[]> {
  const { api, post, submission, verify } = kit
  const { enroll } = secondFactors(kit)
  // Whoever may send is let in by submission, where others are refused for that.
  const [role] = rolesToEnroll(kit).toSorted((a, b) => rank(b) - rank(a))
  const person = await enroll('careful', role?.role)
  const { email, password, door } = person
  const shown = { right: password, wrong: newPassword('Wrong') }
  const opened = (exchange: Exchange, isIn: boolean) => {
    if (!isIn) verify.answered(exchange)
    return isIn ? exchange : null
  }
  const basic: Channel = {
    name: 'HTTP Basic',
    async isLetIn(which) {
      const pair = Buffer.from(`${email}:${shown[which]}`).toString('base64')
      const { exchange, caller } = await door.showAs({
        ...{ kind: 'basic', token: shown[which], query: [] },
        headers: [['authorization', `Basic ${pair}`]],
      })
      return opened(exchange, caller !== null)
    },
    control: async () =>
      verify.held(
        (await door.showAs(person.session)).caller !== null,
        'their session lets nobody in any more',
      ),
  }
  const smtp: Channel = {
    name: 'SMTP AUTH',
    async isLetIn(which) {
      const exchange = await post.authenticate(shown[which], { user: email })
      return opened(exchange, exchange.answer === 'accepted')
    },
    control: async () => void verify.accepted(await post.authenticate()),
  }
  const channels = [basic, ...(submission.ports.length > 0 ? [smtp] : [])]
  return [
    ...channels,
    ...pagesByPassword(kit, person, shown, role?.role),
    ...(await byReset(kit, role?.role)),
  ]

  function rank({ role = '' }: { readonly role?: string | undefined }): number {
    const may = api.profile.roles[role]
    return may === '*' ? 2 : Number(may?.includes('message.send') ?? false)
  }
}

/** The pages of the profile on which people sign in. */
function pagesByPassword(
  kit: Kit,
  { email }: Pick<Enrolled, 'email'>,
  passwords: Readonly<Record<'right' | 'wrong', string>>,
  role: string | undefined,
): Channel[] {
  const { profile, verify } = kit
  const page = (
    name: string,
    opens: (who: Pick<Account, 'email' | 'password'>) => Promise<Exchange | null>,
  ): Channel => ({
    name,
    isLetIn: (which) => opens({ email, password: passwords[which] }),
    async control() {
      const usual = await createAccounts(kit).create('careless', role)
      verify.held(
        (await opens(usual)) !== null,
        'somebody new, who has no second factor, is not let in there either',
        'see how somebody signs in there in the profile: its fields and buttons',
      )
    },
  })
  const authorization = page('authorization server', async (who) => {
    const { server, client } = await clientForCodes(kit)
    const browser = server.newBrowser(who)
    const stopsAt = asksForMore(fieldsOf(profile.oauth?.signIn?.fields ?? {}, who))
    const stopping: UserAgent = { visit: (url, isAway) => browser.visit(url, isAway, { stopsAt }) }
    const { code, ended } = await server.authorize(client, undefined, stopping)
    if (code === null) verify.answered(ended.exchange)
    return code === null ? null : ended.exchange
  })
  const dashboard = page('dashboard', async (who) => {
    const fields = fieldsOf(dashboardOf(profile).signIn.fields, who)
    const { calls, cookies, read } = await visitDashboard(kit, fields, asksForMore(fields))
    // Not everybody may see each of them.
    for (const shown of dashboardOf(profile).pages.keys())
      if ((await read(field(cookies), shown)) !== null) return calls.at(-1) ?? null
    return null
  })
  return [
    ...(profile.oauth?.signIn === undefined ? [] : [authorization]),
    ...(profile.dashboard === undefined ? [] : [dashboard]),
  ]
}

/** What a password that is set by mail is answered with. */
async function byReset(kit: Kit, role: string | undefined): Promise<Channel[]> {
  const { api, mailbox, profile, verify } = kit
  if (!hasResets(api) || !seesMail(profile)) return []
  const factors = secondFactors(kit)
  const person = await factors.enroll('forgetful', role)
  const openedBy = async (exchange: Exchange) => {
    if (exchange.answer !== 'accepted') {
      verify.answered(exchange)
      return null
    }
    const given = { exchange, challenge: null, cookies: cookiesGiven(kit, exchange) }
    for (const { opens } of givenEarly(kit, person, given)) if ((await opens()) !== null) return exchange
    return null
  }
  let set: string | null = null
  return [
    {
      name: 'answer to a new password',
      async isLetIn(which) {
        if (which === 'wrong')
          return openedBy(await passwordByToken(kit, person, mailbox.canary(), newPassword('Wrong')))
        const { by, password } = await resetByMail(kit, person)
        set = password
        return openedBy(by)
      },
      async control() {
        if (set === null || !api.has('session.verify', 'code')) return
        verify.accepted((await factors.passwordAlone({ ...person, password: set })).exchange)
      },
    },
  ]
}
