import type { Kit } from '../check/kit.ts'
import type { Part } from '../check/verify.ts'
import type { Exchange } from '../model.ts'
import { isSentAcrossSites } from '../probes/cookies.ts'
import { type Sender, sentBy } from '../probes/cross-site-requests.ts'
import { asksForPassword, type Form, formsIn } from '../probes/forms.ts'
import { cookiesSetBy } from '../set-cookies.ts'
import { NotApplicable } from '../verdicts.ts'
import { otherOrigins } from './cross-origin.ts'
import { type BrowserSession, field, flagsOf, signedInWithBrowser, sites } from './cross-site.ts'
import {
  askDashboard,
  dashboardOf,
  fieldsOfNeighbour,
  type SignedIn,
  signInToDashboard,
} from './dashboard.ts'
import { isDenial } from './denials.ts'
import { owner } from './sample-input.ts'

type Ground = Pick<Kit, 'api' | 'mailbox' | 'profile' | 'suffixes' | 'verify'>

/** Whoever has signed in by a call; `null` where nobody does, and there is a dashboard to look at instead. */
export async function signedInByCall(
  kit: Parameters<typeof signedInWithBrowser>[0],
): Promise<BrowserSession | null> {
  return signedInWithBrowser(kit).catch((error: unknown) => {
    if (kit.profile.dashboard !== undefined && error instanceof NotApplicable) return null
    throw error
  })
}

/** A form that is filled in, and where it is sent to. */
interface Filled {
  readonly action: URL
  readonly method: Form['method']
  readonly form: readonly (readonly [name: string, value: string])[]
}

/** The dashboards of the profile, as variants: none, or one. */
export function dashboards(ground: Ground): { readonly name: string; signIn(): Promise<BrowserSession> }[] {
  if (ground.profile.dashboard === undefined) return []
  return [{ name: 'dashboard', signIn: () => signedInByForm(ground) }]
}

async function signedInByForm(ground: Ground): Promise<BrowserSession> {
  const session = await signInToDashboard(ground)
  return {
    flags: flagsOf(ground, session.ways, session.opened),
    calls: () => formsOfPages(ground, session),
    signIns: [{ name: 'a sign-in', judge: () => signedInByPage(ground, session) }],
  }
}

/** Values that nobody guesses: hidden ones of some length. */
const isSecret = ({ type, value }: Form['fields'][number]) => type === 'hidden' && /^\S{16,}$/.test(value)

/** What pages of other sites make of the form that the profile names; none where it names none. */
async function formsOfPages(ground: Ground, session: SignedIn): Promise<readonly Part[]> {
  const { api, mailbox, profile, verify } = ground
  const { change, pages } = dashboardOf(profile)
  const url = pages.get(change?.page ?? '')
  if (change === undefined || url === undefined) return []
  const { page, field: named, makes } = change
  const formOf = (exchange: Exchange) =>
    formsIn(verify.accepted(exchange).response?.body ?? '').find(({ fields }) =>
      fields.some(({ name }) => name === named),
    )
  const own = formOf(await session.get(page))
  verify.held(
    own !== undefined,
    `the page ${page} has no form with the field ${named}`,
    'see dashboard.change in the profile',
  )
  if (own === undefined) return []
  const { action = '', method = 'post' } = own
  const fill = (fields: Form['fields'], mark: string): Filled => ({
    ...{ action: new URL(action, url), method },
    form: [
      ...fields.map(({ name, value }) => [name, name === named ? mark : value] as const),
      ...own.buttons
        .filter(({ name }) => name !== '')
        .slice(0, 1)
        .map(({ name, value }) => [name, value] as const),
    ],
  })
  const cookie = field(session.ways.flat())
  const send = ({ action: to, method, form }: Filled, mark: string, sender: Sender | null) => {
    const query = String(new URLSearchParams(form.map(([name, value]) => [name, value])))
    const isGet = method === 'get'
    const { headers, body, ...rest } = sentBy(
      {
        ...{ method: isGet ? 'GET' : 'POST', origin: to.origin, path: to.pathname },
        body: isGet ? null : query,
        headers: isGet ? [] : [['content-type', 'application/x-www-form-urlencoded'] as const],
      },
      sender ?? { origin: to.origin, cookie, tellsOfSites: false },
    )
    const made = makes === undefined ? [] : [{ operation: makes, input: { name: mark }, principal: owner }]
    const target = isGet ? new URL(`?${query}`, to) : to
    const shown = headers.filter(([name]) => name !== 'cookie')
    return askDashboard(ground, page, target, { method: rest.method, body, headers: shown, cookie }, made)
  }
  const shows = async (mark: string) => (await session.get(page)).response?.body.includes(mark) === true

  const control = mailbox.canary()
  const made = await send(fill(own.fields, control), control, null)
  verify.held(
    await shows(control),
    `what was made by the form of the page ${page} does not show there; it was answered ${api.said(made)}`,
    'see dashboard.change in the profile: its page, and the field that takes the name',
  )
  const neighbour = fieldsOfNeighbour(profile)
  const others =
    neighbour === undefined ? undefined : formOf(await (await signInToDashboard(ground, neighbour)).get(page))
  const valueIn = (form: Form | undefined, name: string) =>
    form?.fields.find((each) => each.name === name)?.value
  const isOwn = (each: Form['fields'][number]) =>
    others === undefined
      ? isSecret(each)
      : each.type === 'hidden' && valueIn(others, each.name) !== each.value
  const known = own.fields.filter((each) => !isOwn(each))
  const theirs = own.fields.map((each) => ({ ...each, value: valueIn(others, each.name) ?? each.value }))
  const best = others === undefined ? known : theirs

  const evil: Sender = { origin: 'https://evil.test', cookie }
  const judging = (
    name: string,
    fields: Form['fields'],
    sender: Sender,
    by: Form['method'] = method,
  ): Part => ({
    name,
    async judge() {
      const attempt = async () => {
        const mark = mailbox.canary()
        return { mark, exchange: await send({ ...fill(fields, mark), method: by }, mark, sender) }
      }
      const { mark, exchange } = await attempt()
      const page2 = await session.get(page)
      const isSent = session.ways.some((way) =>
        way.every((each) => isSentAcrossSites(each, by === 'get' ? 'GET' : 'POST')),
      )
      const none = verify.that(page2.response?.body.includes(mark) !== true, {
        ...{ of: exchange, severity: isSent ? undefined : 'low' },
        expected: 'what a page of another site has a browser send is not done',
        actual: `${api.said(exchange)}, and the page ${page} shows what it made${isSent ? '' : '; SameSite alone keeps other sites from it, and no sibling of its own'}`,
      })
      if (!none) return
      await isDenial(ground, exchange, async () => (await attempt()).exchange)
      verify.held(
        page2.response?.body.includes(control) === true,
        `the page ${page} does not show any more what was made before`,
        'another sign-in may have ended the session, or the page shows a part of all: run this check by itself',
      )
    },
  })
  const origins = otherOrigins(ground).filter(({ name }) => sites.has(name))
  return [
    ...(others === undefined ? [] : [judging('a form with what pages of somebody else hold', theirs, evil)]),
    judging('a form without what only its page holds', known, evil),
    ...origins.flatMap(({ name, origin }) =>
      origin === undefined ? [] : [judging(`a form from ${name}`, best, { ...evil, origin })],
    ),
    judging('a form of a browser that tells of no sites', best, { ...evil, tellsOfSites: false }),
    ...(method === 'post' ? [judging('a link with its fields as parameters', best, evil, 'get')] : []),
  ]
}

/** A verdict: a page of another site cannot have its reader signed in as somebody else. It knows what the sign-in page shows itself. */
async function signedInByPage(ground: Ground, { calls, read }: SignedIn): Promise<void> {
  const { api, profile, verify } = ground
  const { at, signIn } = dashboardOf(profile)
  const [first] = calls
  const found = formsIn(first?.response?.body ?? '').find(asksForPassword)
  verify.applies(found !== undefined, 'its first page asks for no password')
  if (found === undefined) return
  const pressed = found.buttons.find(({ name, value }) => signIn.buttons?.[name] === value)
  const form = [...found.fields, ...(pressed === undefined ? [] : [pressed])].map(
    ({ name, value }): [string, string] => [name, signIn.fields[name] ?? value],
  )
  const { headers } = sentBy(
    {
      ...{ method: 'POST', origin: at.origin, path: at.pathname, body: null },
      headers: [['content-type', 'application/x-www-form-urlencoded']],
    },
    { origin: 'https://evil.test', cookie: '' },
  )
  const exchange = await askDashboard(ground, 'sign-in', new URL(found.action, at), {
    ...{ method: 'POST', body: String(new URLSearchParams(form)) },
    headers: headers.filter(([name]) => name !== 'cookie'),
  })
  const set = cookiesSetBy(exchange.response)
  for (const { name, value = '' } of set) api.conceal(`cookie ${name}`, value)
  const caller = set.length === 0 ? null : await read.callerOf(field(set))
  verify.that(caller === null, {
    ...{ of: exchange, severity: 'low', expected: 'no session for a page of another site' },
    actual: `${api.said(exchange)}, and it sets ${set.map(({ name }) => name).join(', ')}: the reader works on in an account of the page’s maker`,
  })
  if (caller === null && exchange.answer !== 'broken') verify.answered(exchange)
}
