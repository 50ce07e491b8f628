import type { Kit } from '../check/kit.ts'
import type { Variant } from '../check/verify.ts'
import type { Exchange } from '../model.ts'
import { rolesToEnroll, secondFactors } from './second-factors.ts'

/** A channel beside the sign-in that has no place for a second factor. */
export interface Channel extends Variant {
  /** Who is let in by the password of somebody with a second factor, or by a wrong one: the answer, or `null`. */
  isLetIn(password: 'right' | 'wrong'): Promise<Exchange | null>
  /** A guard: what the profile shows there is let in. */
  control(): Promise<void>
}

/** Submission and HTTP Basic, as far as the target is reached by them. */
export async function passwordAlone(
  kit: Pick<Kit, 'api' | 'endpoints' | 'mailbox' | 'post' | 'submission' | 'verify'>,
): Promise<Channel[]> {
  const { api, mailbox, post, submission, verify } = kit
  const { enroll } = secondFactors(kit)
  // Whoever may send is let in by submission, where others are refused for that.
  const [role] = rolesToEnroll(kit).toSorted((a, b) => rank(b) - rank(a))
  const person = await enroll('careful', role?.role)
  const { email, password, door } = person
  const shown = { right: password, wrong: `Wrong-${mailbox.canary()}` }
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
  return [basic, ...(submission.ports.length > 0 ? [smtp] : [])]

  function rank({ role = '' }: { readonly role?: string | undefined }): number {
    const may = api.profile.roles[role]
    return may === '*' ? 2 : Number(may?.includes('message.send') ?? false)
  }
}
