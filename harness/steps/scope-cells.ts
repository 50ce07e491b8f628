import type { Kit } from '../check/kit.ts'
import { seesMail } from '../check/needs.ts'
import type { Part } from '../check/verify.ts'
import type { Permission } from '../model.ts'
import type { DeclaredOperation } from '../profile/operations.ts'
import { attemptable, deniedTo, isDecided, prepareAttempt } from './attempts.ts'
import { type KeyHolder, seenAlive } from './key-holders.ts'
import { rightsHeldBy, withNarrowKeys } from './narrow-keys.ts'
import { once } from './once.ts'
import { deniedOnOthers } from './roles.ts'

/** Each call that can be tried, by the key of each: what its scopes grant and nothing else. */
export function calledByKeys(kit: Kit, holders: readonly KeyHolder[]): Part[] {
  const { verify } = kit
  return holders.map((holder) => ({
    name: holder.name,
    async judge() {
      await seenAlive(kit, holder.name, holder.granted)
      const withheld = withheldByScopes(kit, holder)
      verify.applies(withheld.length > 0, `${holder.name} may do all that can be tried`)
      await verify.each([...withheld, ...doneByScopes(kit, holder)], ({ judge }) => judge())
    },
  }))
}

function withheldByScopes(kit: Kit, { name: principal, scopes, granted, ownOnly }: KeyHolder): Part[] {
  const { api, verify } = kit
  return attemptable(api)
    .filter((operation) => !granted.includes(operation) && isDecided(api, operation, 'scopes'))
    .map((operation) => ({
      name: `(${scopes.join(' ')}) tries ${operation}`,
      judge() {
        const refused = `${operation} refused to a key of ${principal}'s scopes`
        const onOwn = ownOnly.includes(operation)
        verify.asks([{ principal, operation, permission: onOwn ? 'own' : 'refused' }])
        return onOwn
          ? deniedOnOthers(principal, operation, kit, `${refused} on what others made`)
          : deniedTo(principal, operation, kit, refused)
      },
    }))
}

/** What each may do by its scopes: it can. */
function doneByScopes(kit: Kit, { name: principal, scopes, granted }: KeyHolder): Part[] {
  const { api, verify } = kit
  return attemptable(api)
    .filter((operation) => granted.includes(operation) && isDecided(api, operation, 'scopes'))
    .map((operation) => ({
      operation,
      ground: withNarrowKeys(kit, operation, rightsHeldBy(kit.profile, principal)),
    }))
    .filter(({ operation, ground }) => !dependsOnTheKey.test(operation) || ground !== kit)
    .map(({ operation, ground }) => ({
      name: `(${scopes.join(' ')}) may ${operation}`,
      async judge() {
        verify.asks([{ principal, operation, permission: 'allowed' }])
        const attempt = await prepareAttempt(operation, ground)
        await attempt.granted(principal, `${operation} allowed to a key of ${principal}'s scopes`)
      },
    }))
}

/** A key may make and change none that may more than itself. */
const dependsOnTheKey = /^key\.(create|update|rotate|revoke)$/

/**
 * The same key as the password of submission: it sends there if, and only if, it sends by HTTP. Not applicable where no key is seen
 * to sign in there.
 */
export function usedAsPasswords(kit: Kit, holders: readonly KeyHolder[]): Part[] {
  const { api, post, profile, submission, verify } = kit
  if (submission.ports.length === 0 || !seesMail(profile)) return []
  const sends = ({ granted }: KeyHolder) => granted.some((name) => isSending(profile, name))

  const submitted = async ({ name }: KeyHolder) => {
    const { token } = await api.credential(name)
    if (typeof token !== 'string') return null
    const secret = token.split(' ').at(-1) ?? ''
    const session = await post.signIn(secret, { user: profile.principals[name]?.basic?.username })
    try {
      const isIn = session.exchange.answer === 'accepted'
      if (!isIn) verify.answered(session.exchange)
      const sent = isIn ? await session.send() : null
      const mail = (await sent?.arrivedUnlessStopped()) ?? undefined
      return { of: sent?.exchange ?? session.exchange, mail, isOwn: secret === submission.secret }
    } finally {
      session.close()
    }
  }
  const someKeySubmits = once(async () => {
    const all = await Promise.all(holders.filter(sends).map(submitted))
    return all.some((seen) => seen !== null && (seen.isOwn || seen.mail !== undefined))
  })
  return holders.map((holder) => ({
    name: `(${holder.scopes.join(' ')}) as the password of submission`,
    async judge() {
      const permission: Permission = sends(holder) ? 'allowed' : 'refused'
      const cell = { principal: holder.name, operation: 'message.send', channel: 'SMTP' } as const
      verify.asks([{ ...cell, permission }])
      verify.applies(
        await someKeySubmits(),
        'no key that may send signs in to submission: they are no passwords there',
      )
      const seen = await submitted(holder)
      verify.applies(seen !== null, `${holder.name} shows no key that could be a password`)
      const { of, mail } = seen ?? {}
      const arrives = mail !== undefined
      verify.that(arrives === (permission === 'allowed'), {
        ...{ of, mail, permission, cell, severity: permission === 'allowed' ? 'low' : 'high' },
        expected:
          permission === 'allowed'
            ? 'a key that may send submits a message'
            : 'what HTTP does not let a key send, SMTP does not either',
        actual: arrives ? 'a message that it submitted arrived' : 'nothing of it arrived',
      })
    },
  }))
}

function isSending({ operations }: Kit['profile'], name: string): boolean {
  const { sends = false, kind = '' } = operations[name as DeclaredOperation] ?? {}
  return sends && kind === 'message'
}
