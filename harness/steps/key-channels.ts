import type { Kit } from '../check/kit.ts'
import type { Variant } from '../check/verify.ts'
import { keyInPlace } from './doors.ts'

/** A way by which a key lets somebody in. */
export interface KeyChannel extends Variant {
  /** The key was seen to open it. */
  readonly wasOpen: boolean
  isOpen(): Promise<boolean>
}

/** The channels that a key opens, each tried now: HTTP, which is a guard, and submission, by a session that stays open. */
export async function channelsOpenedBy(
  { api, post, submission }: Pick<Kit, 'api' | 'post' | 'submission'>,
  secret: string,
): Promise<KeyChannel[]> {
  const send = async () => post.send({}, await keyInPlace(api, secret), { unlimited: true })
  await (await send()).delivered()
  const http = { name: 'HTTP', wasOpen: true, isOpen: async () => (await (await send()).arrived()) !== null }
  if (submission.ports.length === 0) return [http]

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
