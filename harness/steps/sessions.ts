import { setTimeout as after } from 'node:timers/promises'
import type { LiveCredential } from '../api/principals.ts'
import type { Kit } from '../check/kit.ts'
import type { Variant } from '../check/verify.ts'
import type { Exchange, Severity } from '../model.ts'
import type { DeclaredOperation, OperationName } from '../profile/operations.ts'
import { NotApplicable, unlessUnproven } from '../verdicts.ts'
import { type Account, createAccounts, sessionGiven } from './accounts.ts'
import { plainReads } from './attempts.ts'
import { doorOfSession } from './doors.ts'
import { openFor, type StillOpen } from './key-channels.ts'
import { hasResets, resetByMail } from './password-resets.ts'
import { again, signedIn } from './signed-in.ts'

type SessionKit = Pick<Kit, 'api' | 'mailbox' | 'profile' | 'reach' | 'verify' | 'wire'>

/** A session of somebody who was made for one check, seen to let in. */
export interface Session {
  readonly credential: LiveCredential
  readonly read: DeclaredOperation
  /**
   * Whether it lets its holder in, asked over so many connections at once: servers remember sessions each by itself. An error is a
   * denial as well where it comes again after a session that is `kept` was let in by the same read.
   */
  letsIn(connections?: number, kept?: Pick<Session, 'letsIn' | 'read'>): Promise<Exchange | null>
}

/** Somebody with two sessions, of which one alone ends where its holder signs out; with one, where a sign-in ends the session before. */
export interface Person extends Account {
  readonly sessions: readonly [Session, ...Session[]]
}

/** What a session must not outlive. */
export interface End extends Variant {
  /** The operation by which it comes. */
  readonly operation: OperationName
  /** Somebody to whom it can be done, who has signed in. */
  make(): Promise<Person>
  /** A guard: it is done. By which call, and the sessions that are over then. */
  bring(person: Person): Promise<{ readonly by: Exchange; readonly over: readonly Session[] }>
}

/** Those that the profile has operations for. */
export function endsOfSessions(kit: SessionKit): End[] {
  const { api, verify } = kit
  const person = () => personWith(kit)
  const to = async ({ id, sessions }: Person, operation: OperationName, input: object) => {
    verify.held(id !== null, 'user.create gave no id', 'map result.id of user.create in the profile')
    const by = verify.accepted(await api.call(operation, { ...input, id }))
    return { by, over: sessions }
  }
  const steps = stepsDown(kit)
  const all: (End & { readonly isThere: boolean })[] = [
    {
      ...{ name: 'signing out', operation: 'session.end', isThere: api.has('session.end'), make: person },
      async bring({ sessions: [first] }) {
        const by = verify.accepted(await api.call('session.end', {}, first.credential))
        return { by, over: [first] }
      },
    },
    {
      ...{ name: 'a new password', operation: 'user.update', make: person },
      isThere: api.has('user.update', 'password'),
      bring: (of) => to(of, 'user.update', { password: `Other-${of.password}` }),
    },
    {
      ...{ name: 'a new password by mail', operation: 'password.reset', make: person },
      isThere: hasResets(api),
      bring: async (of) => ({ by: (await resetByMail(kit, of)).by, over: of.sessions }),
    },
    {
      ...{ name: 'deactivation', operation: 'user.deactivate', make: person },
      isThere: api.has('user.deactivate'),
      bring: (of) => to(of, 'user.deactivate', {}),
    },
    {
      ...{ name: 'removal', operation: 'user.delete', isThere: api.has('user.delete'), make: person },
      bring: (of) => to(of, 'user.delete', {}),
    },
    ...steps.map(({ from, down, reads }) => ({
      ...{ name: `${from} who becomes ${down}`, operation: 'user.update' as const, isThere: true },
      make: () => personWith(kit, { role: from, reads }),
      bring: (of: Person) => to(of, 'user.update', { role: down }),
    })),
  ]
  return all.filter(({ isThere }) => isThere)
}

/** From a role to one that may read less by its table, where users are made and changed by role: the first pair of each. */
function stepsDown({ api, mailbox }: SessionKit) {
  const { roles } = api.profile
  if (!api.has('user.update', 'role') || !api.has('user.create', 'role')) return []
  const may = (role: string, operation: DeclaredOperation) =>
    roles[role] === '*' || roles[role]?.includes(operation) === true
  const all = Object.keys(roles)
  return all.flatMap((from) => {
    const [first] = all
      .map((down) => ({
        ...{ from, down },
        reads: plainReads({ api, mailbox }).filter((read) => may(from, read) && !may(down, read)),
      }))
      .filter(({ reads }) => reads.length > 0)
    return first === undefined ? [] : [first]
  })
}

/** A guard: a session of somebody to whom nothing happens. */
export async function keptSession(kit: SessionKit): Promise<Session> {
  return sessionBy(kit, (await signedIn(kit, 'kept')).session)
}

/** Somebody new who has signed in twice. A guard: the sessions let in, by one of these reads where they are given. */
export async function personWith(
  kit: SessionKit,
  { role, reads }: { readonly role?: string; readonly reads?: readonly DeclaredOperation[] } = {},
): Promise<Person> {
  const account = await createAccounts(kit).create('leaver', role)
  const [first, second] = [sessionGiven(kit, account.signedIn), (await again(kit, account)).session]
  const last = await sessionBy(kit, second, reads)
  const before = await sessionBy(kit, first, reads).catch(unlessUnproven)
  return { ...account, sessions: before === null ? [last] : [before, last] }
}

/** A guard: what a sign-in gave lets its holder in. */
export async function sessionBy(
  kit: Pick<Kit, 'api' | 'mailbox' | 'verify'>,
  credential: LiveCredential,
  reads?: readonly DeclaredOperation[],
): Promise<Session> {
  const { verify } = kit
  const door = await doorOfSession(kit, credential, reads)
  const { read } = door
  return {
    ...{ credential, read },
    async letsIn(connections = 1, kept) {
      const show = () => door.show(credential.token, { ownConnection: true })
      const shown = await Promise.all(Array.from({ length: connections }, show))
      const open = shown.find(({ caller }) => caller !== null)
      if (open !== undefined) return open.exchange
      let late: Exchange | null = null
      const again = async () => {
        verify.held((await kept?.letsIn()) !== null, 'a session that was kept does not let in now either')
        const { exchange, caller } = await show()
        if (caller !== null) late = exchange
        return exchange
      }
      // What is answered alike is looked into once.
      const unlike = new Map(shown.map(({ exchange }) => [exchange.response?.status, exchange]))
      for (const exchange of unlike.values())
        await door.denied(exchange, kept?.read === read ? again : undefined)
      return late
    },
  }
}

/** What it weighs that a session was usable for so many seconds, `null` for more than are watched, where so many were promised. */
export function weightOf(seconds: number | null, promised: number): Severity {
  if (seconds === null) return 'high'
  return seconds - promised > 5 ? 'medium' : 'low'
}

/** For the sessions of one end together: of two servers of which one has not heard of it, all miss that one one time in 256. */
const looks = 8

/**
 * Of sessions that a call has ended, the one that let in the longest after so many seconds that are promised; `null` where none does.
 * What is closed at once is not waited for. By a session that is `kept`, an error is told from a denial.
 */
export async function outlived(
  { by, over }: { readonly by: Exchange; readonly over: readonly Pick<Session, 'letsIn'>[] },
  promised: number,
  kept?: Pick<Session, 'letsIn' | 'read'>,
): Promise<StillOpen | null> {
  const ended = by.startedAt + by.milliseconds
  const each = Math.ceil(looks / over.length)
  const open = await Promise.all(over.map((session) => stillOpen(session, each, ended, promised, kept)))
  const length = ({ seconds }: StillOpen) => seconds ?? Number.POSITIVE_INFINITY
  return open.filter((each) => each !== null).toSorted((a, b) => length(b) - length(a))[0] ?? null
}

async function stillOpen(
  { letsIn }: Pick<Session, 'letsIn'>,
  connections: number,
  ended: number,
  promised: number,
  kept: Pick<Session, 'letsIn' | 'read'> | undefined,
): Promise<StillOpen | null> {
  if ((await letsIn(connections, kept)) === null) return null
  // What the target promises, not a pause for our sake.
  await after(Math.max(0, ended + promised * 1000 - Date.now()))
  const of = await letsIn(connections, kept)
  if (of === null) return null
  const again = { letsIn: async () => (await letsIn(1, kept)) !== null }
  return { of, seconds: await openFor(again, ended, of.startedAt) }
}

/**
 * A verdict: a session is over that was open when another one of the same person changed what signs them in. By a session of somebody
 * else, an error is told from a denial.
 */
export async function othersEnd(
  kit: SessionKit,
  { sessions: [, other] }: Pick<Person, 'sessions'>,
  operation: OperationName,
  by: Exchange,
): Promise<void> {
  const { profile, verify } = kit
  const promised = profile.policies.tokens?.revocation ?? 60
  if (other === undefined) throw new NotApplicable('nobody has two sessions: a sign-in ends the one before')
  const kept = { read: other.read, letsIn: async () => (await keptSession(kit)).letsIn() }
  const open = await outlived({ by, over: [other] }, promised, kept)
  const { of, seconds } = open ?? { of: undefined, seconds: 0 }
  const weight = weightOf(seconds, promised)
  verify.that(open === null, {
    ...{ operation, of, after: by, severity: weight === 'high' ? 'medium' : weight },
    expected: `the other sessions are over after ${promised} s`,
    actual: `one let its holder in for ${seconds === null ? 'more than a minute' : `${seconds} s`}`,
  })
}
