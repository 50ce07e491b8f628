import type { Kit } from '../check/kit.ts'
import type { Exchange } from '../model.ts'
import { wordsForKeys } from '../probes/held-secrets.ts'
import type { DeclaredOperation } from '../profile/operations.ts'
import type { Profile } from '../profile/profile.ts'
import type { Secret } from '../profile/shape.ts'
import { HeldBack, NotApplicable, unlessUnproven } from '../verdicts.ts'
import { inputAlone } from './attempts.ts'
import { owner } from './sample-input.ts'

/** A secret that was shown to the target, as a variant. */
export interface ShownSecret extends Secret {
  /** The call that showed it. */
  readonly exchange: Exchange
  /** Why it is not looked for, to be thrown; `null` where it is. */
  readonly obstacle: Error | null
}

/** Letters and digits or more, at least eight: whoever calls himself `password` would be found in every log. */
const telling = /^(?=.*\p{L})(?=.*[^\p{L}]).{8,}$/su

/**
 * Has every principal of the profile show what it proves itself by, the owner his password, somebody the secret for
 * submission, and the target a new key: each secret once, whatever came of it. `read` is a call of the owner that was accepted.
 */
export async function showSecrets(kit: Kit, read: Exchange): Promise<ShownSecret[]> {
  const { api, mailbox, profile, post, runReach, submission } = kit
  const shown: ShownSecret[] = []
  const show = (name: string, value: unknown, exchange: Exchange) => {
    const secret = typeof value === 'string' ? (value.split(' ').at(-1) ?? '') : ''
    if (secret === '' || shown.some((other) => other.value === secret)) return
    shown.push({ name, value: secret, exchange, obstacle: telling.test(secret) ? null : ordinary() })
  }
  if (submission.ports.length > 0) show('secret of submission', submission.secret, await post.authenticate())
  const same = read.operation as DeclaredOperation
  for (const [name, { none }] of Object.entries(profile.principals)) {
    // Some are there to be refused.
    const credential = none === true ? null : await api.credential(name).catch(unlessUnproven)
    if (credential === null) continue
    const exchange = name === owner ? read : await api.call(same, inputAlone(kit, same) ?? {}, name)
    show(`credential of ${name}`, credential.token, exchange)
  }
  const { operation, input = {} } = profile.principals[owner]?.session ?? {}
  if (operation === undefined && input['password'] !== undefined && api.has('session.create', 'password')) {
    const exchange = await api.call('session.create', api.carried('session.create', input), null)
    show(`password of ${owner}`, input['password'], exchange)
  }
  if (api.has('key.create') && runReach === 'safe')
    shown.push({
      name: newKey,
      value: '',
      exchange: read,
      obstacle: new HeldBack('making a key is intrusive: allow it with --reach intrusive'),
    })
  else if (api.has('key.create')) {
    const input = { name: mailbox.canary(), scopes: Object.keys(profile.scopes).slice(0, 1) }
    const made = await api.call('key.create', api.carried('key.create', input))
    show(newKey, made.result?.['secret'], made)
  }
  return shown
}

/**
 * The parameters of a query in which a check tries whether a secret lets in (keys/leak-in-output), where nobody of the target shows one:
 * of what no caller writes there, a line that names paths as they came tells nothing.
 */
export function neverInQuery({ operations, principals }: Profile): string[] {
  const own = [
    ...Object.values(operations).map(({ query }) => query),
    ...Object.values(principals).flatMap(({ query, session, hmac }) => [query, session?.query, hmac?.query]),
  ].flatMap((query) => Object.keys(query ?? {}))
  return wordsForKeys.filter((word) => !own.includes(word))
}

const newKey = 'a new key'

function ordinary(): NotApplicable {
  return new NotApplicable('it is so short or plain that it may stand in any log')
}
