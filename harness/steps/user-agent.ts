import { CookieJar } from 'tough-cookie'
import type { Kit } from '../check/kit.ts'
import type { Exchange, HttpRequest } from '../model.ts'
import { asksForPassword, type Field, type Form, formsIn, titleIn } from '../probes/forms.ts'
import { saidIn } from '../probes/oauth.ts'
import type { PseudoOperation } from '../profile/operations.ts'
import { Unproven } from '../verdicts.ts'

/** Where a user agent was sent at last. */
export interface Ended {
  /** Away from the pages, where nothing is sent; `null` where it stayed on one. */
  readonly to: URL | null
  /** What it would have taken along, in query, fragment and form. */
  readonly said: URLSearchParams
  /** The call whose answer sent it there. */
  readonly exchange: Exchange
  /** The call whose answer had a form sent on, with what was filled in (RFC 9110 §15.4.8); `null` where none was. */
  readonly repeated: Exchange | null
  /** What was to be typed has been sent in a form. */
  readonly typed: boolean
}

/** A browser as far as forms, cookies and redirections go: no scripts run. Whoever has signed in by it stays so. */
export interface UserAgent {
  /** Follows what it is answered, and fills in the forms that it meets, until it is sent away or stays. */
  visit(url: string, isAway: (url: URL) => boolean, options?: VisitOptions): Promise<Ended>
}

interface VisitOptions {
  /** What else is filled in, by name. */
  readonly fields?: Readonly<Record<string, string>>
  /** What somebody has read elsewhere and types, once, where a page has one place to write in and `fields` names nothing of it. */
  readonly types?: string | undefined
  /** At which form it stops, as somebody who looks and presses nothing. */
  readonly stopsAt?: (form: Form) => boolean
}

interface Options {
  readonly operation: PseudoOperation | `page.${string}`
  /** Where its pages are; all else is away. */
  readonly origins: ReadonlySet<string>
  readonly fields: Readonly<Record<string, string>>
  readonly buttons?: Readonly<Record<string, string>> | undefined
  /** Whose it is, for the report. */
  readonly principal: string
  /** Where the profile says how somebody signs in. */
  readonly declaredAt?: 'oauth.signIn' | 'dashboard.signIn'
  /** Is told of each call. */
  readonly noted?: (exchange: Exchange) => void
}

/** Where whoever knows no more than these fields stops: at a form that asks for a password again, or for something else to be typed. */
export function asksForMore(fields: Readonly<Record<string, string>>): (form: Form) => boolean {
  let isSent = false
  return (form) => {
    if (!asksForPassword(form))
      return form.fields.some(({ name, type, value }) => !(name in fields) && value === '' && typed.has(type))
    if (isSent) return true
    isSent = true
    return false
  }
}

/** Types of fields in which people write. */
const typed = new Set(['text', 'tel', 'number', 'search', 'textarea', 'email'])

export function isWritten({ type }: Field): boolean {
  return typed.has(type)
}

/** The one field of a page's forms in which something else could be typed, with this text; none of a sign-in or a search. */
function placeFor(
  text: string,
  forms: readonly Form[],
  fields: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  if (forms.some((form) => form.fields.some(({ name }) => name in fields))) return {}
  const [place, ...others] = forms
    .flatMap((form) => form.fields)
    .filter(({ type, value }) => typed.has(type) && !['search', 'email'].includes(type) && value === '')
  return place === undefined || others.length > 0 ? {} : { [place.name]: text }
}

/** Redirections and forms on the way: signing in, a second factor and consent are six or seven. */
const mostSteps = 16
/** The same form once more is one that was filled in wrongly. */
const sameForm = 2

export function createUserAgent(
  { api }: Pick<Kit, 'api'>,
  { operation, origins, fields, buttons = {}, principal, declaredAt = 'oauth.signIn', noted }: Options,
): UserAgent {
  const jar = new CookieJar(undefined, { looseMode: true, rejectPublicSuffixes: false })

  const load = async (url: URL, form: URLSearchParams | null, from: URL | null): Promise<Exchange> => {
    const cookies = await jar.getCookieString(url.href)
    const { profile } = api
    const own = url.origin === new URL(profile.target.url).origin ? (profile.target.headers ?? {}) : {}
    const request: HttpRequest = {
      ...{ method: form === null ? 'GET' : 'POST', origin: url.origin, path: `${url.pathname}${url.search}` },
      headers: [
        ...Object.entries(own),
        ['accept', 'text/html,application/xhtml+xml'] as const,
        ...(cookies === '' ? [] : [['cookie', cookies] as const]),
        ...(form === null
          ? []
          : [
              ['content-type', 'application/x-www-form-urlencoded'] as const,
              ['origin', from?.origin ?? url.origin] as const,
            ]),
      ],
      body: form === null ? null : form.toString(),
    }
    const exchange = await api.send(request, { operation, principal })
    noted?.(exchange)
    for (const [name, value] of exchange.response?.headers ?? [])
      if (name === 'set-cookie') await keep(value, url)
    return exchange
  }

  /** What no browser keeps is not kept; what is kept is a secret of whoever is signed in. */
  const keep = async (field: string, url: URL) => {
    const cookie = await jar.setCookie(field, url.href, { ignoreError: true })
    if (cookie !== undefined) api.conceal('browser_cookie', cookie.value)
  }

  const filled = (form: Form, fields: Readonly<Record<string, string>>): URLSearchParams => {
    const pressed = pressedOf(form, buttons)
    return new URLSearchParams([
      ...form.fields.map(({ name, value }): [string, string] => [name, fields[name] ?? value]),
      ...(pressed === undefined || pressed.name === '' ? [] : [[pressed.name, pressed.value]]),
    ])
  }

  const visit: UserAgent['visit'] = async (
    start,
    isAway,
    { fields: more = {}, types, stopsAt = () => false } = {},
  ) => {
    const leaves = (url: URL) => !origins.has(url.origin) || isAway(url)
    const first = URL.parse(start)
    if (first === null || !/^https?:$/.test(first.protocol))
      throw new Unproven(
        `a page is to be at “${start.slice(0, 100)}”, which a browser asks for by no HTTP`,
        'see which addresses the authorization server tells of',
      )
    if (!origins.has(first.origin))
      throw new Unproven(
        `a page is at ${first.origin}, which the profile does not name`,
        'name it under oauth.origins in the profile, where it is of the target',
      )
    let [url, body, from]: [URL, URLSearchParams | null, URL | null] = [first, null, null]
    let repeated: Exchange | null = null
    let isTyped = false
    const sent = new Map<string, number>()
    for (let step = 0; step < mostSteps; step++) {
      const exchange = await load(url, body, from)
      const { response } = exchange
      if (response === null) throw lost(exchange, api.said(exchange))
      const end = (to: URL | null, form?: URLSearchParams): Ended => ({
        ...{ to, said: to === null ? new URLSearchParams() : saidIn(to, form), exchange, repeated },
        typed: isTyped,
      })
      const location = locationOf(exchange, url)
      if (location !== null) {
        if (body !== null && [307, 308].includes(response.status)) repeated ??= exchange
        else body = null
        if (leaves(location)) return end(location)
        ;[from, url] = [url, location]
        continue
      }
      const forms = formsIn(response.body)
      const named = { ...fields, ...more }
      const all = types === undefined || isTyped ? named : { ...placeFor(types, forms, named), ...named }
      const form = formToFill(forms, all, buttons)
      if (form === null || stopsAt(form)) return end(null)
      const action = URL.parse(form.action, url) ?? url
      const filledIn = filled(form, all)
      isTyped ||= types !== undefined && [...filledIn.values()].includes(types)
      if (leaves(action)) return end(action, filledIn)
      const key = keyOf(form, action)
      const times = (sent.get(key) ?? 0) + 1
      if (times > sameForm)
        throw new Unproven(
          `the page “${titleIn(response.body)}” comes again whenever its form is sent (${form.fields.map(({ name }) => name).join(', ') || 'no fields'})`,
          `see ${declaredAt} in the profile: fields names each field of its forms with what to fill in, buttons which of several is pressed`,
        )
      sent.set(key, times)
      ;[from, url, body] = [url, action, filledIn]
      if (form.method === 'get') [url, body] = [new URL(`?${filledIn}`, action), null]
    }
    throw new Unproven(
      `${first.host} led from one page to the next ${mostSteps} times`,
      'see whether it comes to an end in a browser that has no scripts',
    )
  }
  // Servers keep what is under way in cookies: in one browser, one visit comes after the other.
  let turn: Promise<unknown> = Promise.resolve()
  return {
    visit(...visited) {
      const next = turn.then(() => visit(...visited))
      turn = next.catch(() => {})
      return next
    },
  }
}

/** By which a form is known again: parts of the path that are made anew each time are no matter. */
function keyOf({ fields }: Form, { origin, pathname }: URL): string {
  return [origin, pathname.replace(/[\w-]{16,}/g, '*'), ...fields.map(({ name }) => name)].join(' ')
}

function locationOf({ response }: Exchange, url: URL): URL | null {
  if (response === null || ![301, 302, 303, 307, 308].includes(response.status)) return null
  const field = response.headers.find(([name]) => name === 'location')?.[1]
  return field === undefined ? null : URL.parse(field, url)
}

/** The form with the most fields to fill in, of several the first, else with a button to press, else the first that is posted; `null` where there is none. */
function formToFill(
  forms: readonly Form[],
  fields: Readonly<Record<string, string>>,
  buttons: Readonly<Record<string, string>>,
): Form | null {
  const named = (form: Form) => form.fields.filter(({ name }) => name in fields).length
  const [most] = forms.filter((form) => named(form) > 0).toSorted((a, b) => named(b) - named(a))
  const presses = (form: Form) =>
    form.buttons.some(({ name, value }) => name !== '' && buttons[name] === value)
  return most ?? forms.find(presses) ?? forms.find(({ method }) => method === 'post') ?? null
}

/** The button of the profile, else the first that does not deny. */
function pressedOf({ buttons: all }: Form, wanted: Readonly<Record<string, string>>): Field | undefined {
  const named = all.find(({ name, value }) => name !== '' && wanted[name] === value)
  return named ?? all.find(({ name, value }) => !/deny|cancel|abort|reject|decline/i.test(`${name} ${value}`))
}

function lost({ operation }: Exchange, said: string): Unproven {
  return new Unproven(`${operation} was answered ${said}`, 'see whether it is up, and run again')
}
