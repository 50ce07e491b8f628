import type { Kit } from '../check/kit.ts'
import type { Exchange, HttpRequest } from '../model.ts'
import type { Account } from './accounts.ts'

/** Somebody new signs up, counted as the mail that comes of it; the answer as it is. `change` has the request say more. */
export async function askToSignUp(
  { api, mailbox, reach }: Pick<Kit, 'api' | 'mailbox' | 'reach'>,
  { email, password }: Pick<Account, 'email' | 'password'>,
  change?: (request: HttpRequest) => HttpRequest,
): Promise<Exchange> {
  const input = { email, ...api.carried('signup.create', { password, name: mailbox.canary() }) }
  const request = change?.(await api.prepare('signup.create', input))
  await reach.take('mail', 1)
  return request === undefined
    ? api.call('signup.create', input)
    : api.send(request, { operation: 'signup.create', principal: email, input })
}

/** A guard: a token that was mailed proves the address, with that password where the target asks for one. */
export async function proveAddress(
  { api, verify }: Pick<Kit, 'api' | 'verify'>,
  { token, password }: { readonly token: string; readonly password: string },
): Promise<Exchange> {
  const proof = { token, ...api.carried('signup.confirm', { password }) }
  return verify.accepted(await api.call('signup.confirm', proof))
}
