import type { SetCookie } from 'cookie'
import type { Kit } from '../check/kit.ts'
import type { Exchange, HttpRequest } from '../model.ts'
import { asksForPassword, type Form, formsIn } from '../probes/forms.ts'
import type { Profile } from '../profile/shape.ts'
import { cookiesSetBy } from '../set-cookies.ts'
import { namesOf } from './authorization-server.ts'
import { field, type Read, type Ways, waysIn } from './cross-site.ts'
import { once } from './once.ts'
import type { ReaderPage } from './reader-pages.ts'
import { createUserAgent } from './user-agent.ts'

type Ground = Pick<Kit, 'api' | 'verify'>

/** Who signs in: by the fields of the profile, where nobody else is named. */
type Fields = Readonly<Record<string, string>>

/** Somebody who is signed in to the dashboard of the profile by its form. */
export interface SignedIn {
  /** The cookies that were set on the way. */
  readonly cookies: readonly SetCookie[]
  /** Those of them that open its pages. */
  readonly ways: Ways
  /** Whom its first page lets in. */
  readonly read: Read
  /** The calls on the way, the first page with the form first. */
  readonly calls: readonly Exchange[]
  /** The call that set the session's cookie. */
  readonly opened: Exchange
  /** A page of the profile, as this browser gets it. */
  get(name: string): Promise<Exchange>
}

/** Where the pages of the dashboard are. */
export function dashboardOf({ dashboard, target }: Pick<Profile, 'dashboard' | 'target'>) {
  if (dashboard === undefined) throw new TypeError('expected a dashboard in the profile; ask for it first')
  const signIn = new URL(dashboard.signIn.url, target.url)
  const pages = new Map(Object.entries(dashboard.pages).map(([name, at]) => [name, new URL(at, signIn)]))
  return { ...dashboard, at: signIn, pages }
}

/** Asks for a page, or sends what is asked for; follows nothing. */
export function askDashboard(
  { api }: Pick<Kit, 'api'>,
  name: string,
  url: URL,
  { cookie = '', ...more }: Partial<HttpRequest> & { readonly cookie?: string } = {},
  makes: Parameters<Kit['api']['send']>[1]['makes'] = [],
): Promise<Exchange> {
  const { target } = api.profile
  const own = url.origin === new URL(target.url).origin ? (target.headers ?? {}) : {}
  return api.send(
    {
      ...{ method: 'GET', origin: url.origin, path: `${url.pathname}${url.search}`, body: null, ...more },
      headers: [
        ...Object.entries(own),
        ['accept', 'text/html'],
        ['user-agent', 'postern'],
        ...(cookie === '' ? [] : [['cookie', cookie] as const]),
        ...(more.headers ?? []),
      ],
    },
    {
      operation: `page.${name}`,
      principal: cookie === '' ? 'anonymous' : 'somebody at the dashboard',
      makes,
    },
  )
}

/** A page is no sign-in where it asks for no password. */
export function isOpen({ answer, response }: Exchange): boolean {
  return answer === 'accepted' && !formsIn(response?.body ?? '').some(asksForPassword)
}

/** Somebody who has gone through the sign-in of the dashboard, as far as they are let. */
interface Visit {
  readonly calls: readonly Exchange[]
  readonly cookies: readonly SetCookie[]
  /** The first page of the profile, or that of a name, as these cookies get it; `null` where it is not shown. */
  read(cookie: string, name?: string): Promise<Exchange | null>
}

/** Fills in the sign-in of the dashboard, but for the forms that `skips` names. */
export async function visitDashboard(
  ground: Ground,
  fields: Fields,
  skips: (form: Form) => boolean = () => false,
): Promise<Visit> {
  const { api, verify } = ground
  const { signIn, at, pages } = dashboardOf(api.profile)
  const calls: Exchange[] = []
  const agent = createUserAgent(ground, {
    ...{ operation: 'page.sign-in', origins: new Set([at.origin]), fields, buttons: signIn.buttons },
    ...{ principal: 'somebody at the dashboard', declaredAt: 'dashboard.signIn' },
    noted: (exchange) => calls.push(exchange),
  })
  const filled = new Set<string>()
  /** Forms of the pages behind the sign-in are not filled in. */
  const stopsAt = (form: Form) => {
    if (skips(form)) return true
    const named = form.fields.filter(({ name }) => name in fields)
    if (!asksForPassword(form) && named.every(({ name }) => filled.has(name))) return true
    for (const { name } of named) filled.add(name)
    return false
  }
  await agent.visit(at.href, () => false, { stopsAt })
  const set = new Map(
    calls.flatMap(({ response }) => cookiesSetBy(response)).map((each) => [each.name, each]),
  )
  const cookies = [...set.values()]
  for (const { name, value = '' } of cookies) api.conceal(`cookie ${name}`, value)
  const [[first] = expectPage()] = pages
  return {
    ...{ calls, cookies },
    async read(cookie, name = first) {
      const exchange = await askDashboard(ground, name, pages.get(name) ?? expectPage()[1], { cookie })
      if (exchange.answer === 'limited' || exchange.response === null) verify.answered(exchange)
      return isOpen(exchange) ? exchange : null
    },
  }
}

/** A guard: signs somebody in by the form, and finds the cookies that open its pages, which made-up ones do not. */
export async function signInToDashboard(ground: Ground, who?: Fields): Promise<SignedIn> {
  const { api, verify } = ground
  const { signIn, at, pages } = dashboardOf(api.profile)
  const visit = await visitDashboard(ground, who ?? signIn.fields)
  const { calls, cookies } = visit
  const [[first] = expectPage()] = pages
  const read: Read = {
    callerOf: async (cookie) => ((await visit.read(cookie)) === null ? null : 'somebody'),
  }
  verify.held(
    cookies.length > 0 && (await read.callerOf(field(cookies))) !== null,
    `whoever has signed in at ${at.pathname} is not shown the page ${first}`,
    'see dashboard.signIn in the profile: its fields, and whether a code is asked for as well',
  )
  verify.held(
    (await read.callerOf('')) === null,
    `the page ${first} is shown to anybody`,
    'name a page first that only those see who are signed in',
  )
  const ways = await waysIn(cookies, read)
  const names = new Set(ways.flat().map(({ name }) => name))
  const sets = ({ response }: Exchange) => cookiesSetBy(response).some(({ name }) => names.has(name))
  return {
    ...{ cookies, ways, read, calls },
    opened: calls.findLast(sets) ?? expectCall(),
    get: (name) => askDashboard(ground, name, pages.get(name) ?? expectPage()[1], { cookie: field(cookies) }),
  }
}

function expectPage(): never {
  throw new TypeError('expected a page of the dashboard')
}

function expectCall(): never {
  throw new TypeError('expected a call that sets the cookies')
}

/** The fields with which the neighbour of the profile signs in; undefined where it does not say so. */
export function fieldsOfNeighbour({ dashboard, principals }: Profile): Fields | undefined {
  const { input = {} } = principals['neighbour']?.session ?? {}
  const fields = dashboard?.signIn.fields ?? {}
  const { user, password } = namesOf(fields)
  const known = ['email', 'username', 'user', 'login'].map((name) => input[name]).find(isText)
  const secret = input['password']
  if (user === undefined || password === undefined || known === undefined || !isText(secret)) return undefined
  return { ...fields, [user]: known, [password]: secret }
}

const isText = (value: unknown): value is string => typeof value === 'string'

/** The sign-in of the dashboard and the pages behind it, for whoever looks at pages; none where the profile has no dashboard. */
export function dashboardPages(ground: Ground): Pick<ReaderPage, 'name' | 'find'>[] {
  const { dashboard } = ground.api.profile
  if (dashboard === undefined) return []
  const { at, pages } = dashboardOf(ground.api.profile)
  const signIn = once(() => signInToDashboard(ground))
  return [
    {
      name: 'sign-in',
      find: async () => ({ url: at, get: (url = at) => askDashboard(ground, 'sign-in', url) }),
    },
    ...[...pages].map(([name, own]) => ({
      name,
      async find() {
        const cookie = field((await signIn()).cookies)
        return { url: own, get: (url = own) => askDashboard(ground, name, url, { cookie }) }
      },
    })),
  ]
}
