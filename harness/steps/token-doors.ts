import { bearerCredential } from '../api/principals.ts'
import type { OAuthKit } from './authorization-server.ts'
import { type Door, doorOf, madeUpLike } from './doors.ts'

/** A guard: a read of the API that lets this access token in, as a bearer token, and no made-up one. */
export async function tokenDoor({ api, mailbox, verify }: OAuthKit, access: string): Promise<Door> {
  const consenting = api.profile.principals['admin'] === undefined ? undefined : 'admin'
  return doorOf(
    { api, mailbox, verify },
    'an OAuth client',
    bearerCredential(access),
    madeUpLike(access, mailbox.canary()),
    { refersTo: consenting },
  )
}
