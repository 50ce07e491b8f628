import type { Kit } from '../check/kit.ts'
import { seesMail } from '../check/needs.ts'
import type { Variant } from '../check/verify.ts'
import { doorOf, keyInPlace, madeUpLike } from './doors.ts'

/** A key of the target that was made for one check. */
export interface MadeKey {
  readonly id: string | null
  readonly secret: string
}

/** A guard: a key with these scopes, where keys have some, as who makes keys by the profile unless another is named. */
export async function makeKey(
  { api, mailbox, verify }: Pick<Kit, 'api' | 'mailbox' | 'verify'>,
  label: string,
  scopes: readonly string[] | undefined,
  as?: string,
): Promise<MadeKey> {
  const input = api.carried('key.create', { name: `${label} ${mailbox.canary()}`, scopes })
  const { id, secret } = verify.accepted(await api.call('key.create', input, as)).result ?? {}
  verify.held(
    typeof secret === 'string' && secret !== '',
    'key.create was accepted and gave no secret',
    'map result.secret of key.create in the profile',
  )
  return { id: typeof id === 'string' ? id : null, secret: String(secret) }
}

/** The scopes with which a new key opens the channels that are looked at; `undefined` where keys have none. */
export function openingScopes({ api }: Pick<Kit, 'api'>): string[] | undefined {
  const { scopes } = api.profile
  const all = Object.keys(scopes)
  const wanted = sendsSeen(api) ? all.filter((scope) => scopes[scope]?.includes('message.send')) : all
  return wanted.length > 0 ? wanted : undefined
}

function sendsSeen(api: Kit['api']): boolean {
  return api.has('message.send') && seesMail(api.profile)
}

/** A way by which a key lets somebody in. */
export interface KeyChannel extends Variant {
  /** The key was seen to open it. */
  readonly wasOpen: boolean
  isOpen(): Promise<boolean>
}

/** The channels that a key opens, each tried now: HTTP, which is a guard, and submission, by a session that stays open. */
export async function channelsOpenedBy(
  kit: Pick<Kit, 'api' | 'mailbox' | 'post' | 'submission' | 'verify'>,
  secret: string,
): Promise<KeyChannel[]> {
  const { api, post, submission } = kit
  const http = await (sendsSeen(api) ? sendingOpenedBy(kit, secret) : readingOpenedBy(kit, secret))
  if (submission.ports.length === 0 || !seesMail(api.profile)) return [http]

  const session = await post.signIn(secret)
  const wasOpen = session.exchange.answer === 'accepted'
  const throughSession = async () => {
    try {
      return (await (await session.send()).arrived()) !== null
    } finally {
      session.close()
    }
  }
  const bySigningIn = async () => (await post.authenticate(secret)).answer === 'accepted'
  return [
    http,
    { name: 'an SMTP session from before', wasOpen, isOpen: throughSession },
    { name: 'SMTP AUTH', wasOpen, isOpen: bySigningIn },
  ]
}

async function sendingOpenedBy(
  { api, post, verify }: Pick<Kit, 'api' | 'post' | 'verify'>,
  secret: string,
): Promise<KeyChannel> {
  const send = async () => post.send({}, await keyInPlace(api, secret), { unlimited: true })
  const sent = await send()
  const { answer, response, failure } = sent.exchange
  verify.held(
    answer === 'accepted',
    `message.send was answered ${response?.status ?? failure} to a key that was just made`,
    'see which scopes grant message.send in the profile, and that its principals show keys as the target wants them',
  )
  await sent.delivered()
  return { name: 'HTTP', wasOpen: true, isOpen: async () => (await (await send()).arrived()) !== null }
}

/** Where mail is not seen: what is read tells as well. */
async function readingOpenedBy(
  kit: Pick<Kit, 'api' | 'mailbox' | 'verify'>,
  secret: string,
): Promise<KeyChannel> {
  const { api, mailbox, verify } = kit
  const madeUp = madeUpLike(secret, mailbox.canary())
  const door = await doorOf(kit, 'a key that was just made', await keyInPlace(api, secret), madeUp)
  return {
    name: 'HTTP',
    wasOpen: true,
    async isOpen() {
      const { exchange, caller } = await door.show(secret, { unlimited: true })
      if (caller === null) verify.answered(exchange)
      return caller !== null
    },
  }
}
