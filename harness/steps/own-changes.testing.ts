import { randomUUID } from 'node:crypto'
import type { Recorded, Scripted } from '../api/recording-target.testing.ts'
import type { Kit } from '../check/kit.ts'
import type { Part } from '../check/verify.ts'
import type { Delivery } from '../model.ts'
import { judgedOver } from './judged-ground.testing.ts'
import { wireOf } from './sent-mail.testing.ts'

const profile = `
principals:
  admin: {session: {input: {email: boss@shop.test, password: "\${env:ADMIN}"}}}
  anonymous: {none: true}
operations:
  message.send: {method: POST, path: /send, body: '{"to": to}'}
  session.create: {method: POST, path: /login, as: anonymous, body: '{"email": email, "pass": password}', result: {token: body.token}}
  principal.get: {method: GET, path: /me, result: {id: body.id}}
  user.create: {method: POST, path: /users, body: '{"email": email, "pass": password}', result: {id: body.id}}
  password.forgot: {method: POST, path: /forgot, as: anonymous, body: '{"email": email}'}
  password.reset: {method: POST, path: /reset, as: anonymous, body: '{"token": token, "pass": password}'}
  password.change: {method: POST, path: /me/password, body: '{"old": current, "pass": password}'}
  email.change: {method: POST, path: /me/email, body: '{"email": email, "pass": password}'}
  email.confirm: {method: POST, path: /me/email/confirm, body: '{"token": token}'}
mail: {from: a@shop.test, recipients: {route: relay}, delivery: {within: 0.05}}
policies: {tokens: {revocation: 0}}
`

/** For tests: ways of an API whose people change what they sign in with. */
export interface Ways {
  /** Whether a password that is shown with a change does for it. */
  readonly takes?: (shown: string | undefined, present: string) => boolean
  readonly countsAtOnce?: boolean
  /** A token does for whoever shows it, and again. */
  readonly looksAtNoToken?: boolean
  readonly tells?: boolean
  /** What a forgotten password is looked up by, and where its link goes. */
  readonly lookedUp?: (written: string) => string
  readonly mailedTo?: (kept: string, written: string) => readonly string[]
  /** What is to be mailed is. */
  readonly mails?: boolean
  /** A new password is all that a change of it takes: the call has no place for the present one. */
  readonly asksForNoPassword?: boolean
  /** Wrong passwords after which a change is answered `throttled`, 429. */
  readonly most?: number
  readonly throttled?: number
  /** What a wrong password is answered, 403. */
  readonly refusal?: number
  /** A sign-in ends the session before. */
  readonly oneSession?: boolean
  /** What a session that has ended is answered, 401; and everybody, once one has. */
  readonly past?: number
  readonly breaks?: boolean
  /** It sends what it is given; it mails its own people alone otherwise. */
  readonly sends?: boolean
}

interface Person {
  readonly id: string
  email: string
  pass: string
  wrong: number
}

function shop({
  takes = (shown, present) => shown === present,
  countsAtOnce = false,
  looksAtNoToken = false,
  tells = true,
  mails = true,
  lookedUp = (written) => written,
  mailedTo = (kept) => [kept],
  most = 12,
  throttled = 429,
  refusal = 403,
  oneSession = false,
  past = 401,
  breaks = false,
}: Ways) {
  const people: Person[] = [{ id: 'u0', email: 'boss@shop.test', pass: 'key-of-admin', wrong: 0 }]
  const sessions = new Map<string, Person>()
  const tokens = new Map<string, { person: Person; to?: string; pass: string; used: boolean }>()
  const sent: Delivery[] = []
  const mail = (to: string, text: string) => {
    const raw = Buffer.from(`Subject: Hello\r\nContent-Type: text/plain\r\n\r\n${text}\r\n`)
    if (mails)
      sent.push({ id: String(sent.length), envelope: { from: '', to: [to] }, raw } as unknown as Delivery)
  }
  const linked = (person: Person, addressed: readonly string[], to?: string) => {
    const token = `${randomUUID()}${randomUUID()}`
    tokens.set(token, { person, pass: person.pass, used: false, ...(to === undefined ? {} : { to }) })
    for (const address of addressed) mail(address, `https://api.test/set?token=${token}`)
  }
  const over = new Set<string>()
  const ended = (person: Person) => {
    for (const [token, whose] of sessions) if (whose === person && sessions.delete(token)) over.add(token)
  }
  const changed = (person: Person, change: Partial<Person>, told = tells) => {
    if (told) mail(person.email, 'Your account was changed.')
    Object.assign(person, change)
    ended(person)
    return { status: 204 }
  }
  const nobody = (path: string, said: Record<string, string>): Scripted | null => {
    const written = [said['email'] ?? ''].flat().join(',')
    const known = (address: string) => people.find(({ email }) => email === address)
    if (path === '/login') {
      const person = known(written)
      if (person === undefined || person.pass !== said['pass']) return { status: 401 }
      if (oneSession) ended(person)
      const token = randomUUID()
      sessions.set(token, person)
      return { body: { token } }
    }
    if (path === '/forgot') {
      const person = known(lookedUp(written))
      if (person !== undefined) linked(person, mailedTo(person.email, written))
      return { status: 202 }
    }
    if (path !== '/reset') return null
    const found = tokens.get(said['token'] ?? '')
    if (found === undefined || found.to !== undefined || found.used) return { status: 400 }
    found.used = true
    return changed(found.person, { pass: said['pass'] ?? '' }, false)
  }
  const answer = ({ path, headers, body }: Recorded): Scripted => {
    const said = JSON.parse(Buffer.from(body, 'latin1').toString() || '{}') as Record<string, string>
    const open = nobody(path, said)
    if (open !== null) return open
    const shown = headers.find(([name]) => name.toLowerCase() === 'authorization')?.[1] ?? ''
    const token = shown.replace('Bearer ', '')
    const me = sessions.get(token)
    if (path === '/me' && (over.has(token) || (breaks && over.size > 0 && me !== undefined)))
      return { status: past }
    if (me === undefined) return { status: 401 }
    if (path === '/me') return { body: { id: me.id } }
    if (path === '/users') {
      const id = `u${people.length}`
      people.push({ id, email: said['email'] ?? '', pass: said['pass'] ?? '', wrong: 0 })
      return { status: 201, body: { id } }
    }
    if (path === '/me/email/confirm') {
      const found = tokens.get(said['token'] ?? '')
      const holds = found?.person === me && !found.used && found.pass === me.pass
      if (found?.to === undefined || !(holds || looksAtNoToken)) return { status: 400 }
      found.used = true
      return changed(me, { email: found.to })
    }
    if (me.wrong >= most) return { status: throttled }
    if (!takes(path === '/me/password' ? said['old'] : said['pass'], me.pass)) {
      me.wrong++
      return { status: refusal }
    }
    if (path === '/me/password') return changed(me, { pass: said['pass'] ?? '' })
    if (countsAtOnce) me.email = said['email'] ?? ''
    linked(me, [said['email'] ?? ''], said['email'])
    return { status: 202 }
  }
  const wire = wireOf(sent)
  return { answer, wire }
}

/** For tests: what is said of an API that has these ways; each part that does not hold, and how it stands. */
export async function judgedOfOwnChanges(
  ways: Ways,
  partsOf: (kit: Kit) => readonly Part[],
  runReach: Kit['runReach'] = 'disruptive',
) {
  const { answer, wire } = shop(ways)
  const together = <T>(_: number, work: () => Promise<T>) => work()
  const kit = { wire, runReach, reach: { take: async () => {}, together } } as unknown as Partial<Kit>
  const sending = ways.sends === false ? profile.replace(/ +message\.send:.*\n/, '') : profile
  const known = ways.asksForNoPassword === true ? sending.replace('"old": current, ', '') : sending
  const env = { ADMIN: 'key-of-admin' }
  const scene = { profile: known, env, answer, kit, about: { severity: 'high' } as const }
  const said = await judgedOver(scene, (kit) =>
    kit.verify.each(partsOf({ ...kit, wire: { ...kit.wire, ...wire } }), ({ judge }) => judge()),
  )
  const states = said.variants.flatMap(({ name, state }) => (state === 'held' ? [] : [`${name}: ${state}`]))
  return { ...said, states }
}
