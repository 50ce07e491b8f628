import type { Mistake } from './schema.ts'
import type { ProfileData } from './shape.ts'
import { isSubmissionAlone } from './submission-alone.ts'

/** Whether a host is this machine itself: `localhost`, 127.0.0.0/8 (RFC 1122) or ::1. */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '').toLowerCase()
  return bare === 'localhost' || bare === '::1' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(bare)
}

/** Every host and port that a profile names: `host:port` in lower case. */
export function endpoints(
  data: ProfileData<unknown, number>,
): { host: string; port: number; path: readonly string[] }[] {
  const urls = [
    { url: data.target.url, path: ['target', 'url'] },
    ...(data.openapi !== undefined && isUrl(data.openapi) ? [{ url: data.openapi, path: ['openapi'] }] : []),
    ...(data.jwt?.jwks !== undefined && isUrl(data.jwt.jwks)
      ? [{ url: data.jwt.jwks, path: ['jwt', 'jwks'] }]
      : []),
    ...serverUrls(data).filter(({ url }) => isUrl(url) && URL.canParse(url)),
    ...Object.entries(data.pages ?? {}).flatMap(([name, { url, at }]) => [
      ...(url !== undefined && isUrl(url) ? [{ url, path: ['pages', name, 'url'] }] : []),
      ...(at === undefined ? [] : [{ url: at, path: ['pages', name, 'at'] }]),
    ]),
    ...(data.dashboard !== undefined && isUrl(data.dashboard.signIn.url)
      ? [{ url: data.dashboard.signIn.url, path: ['dashboard', 'signIn', 'url'] }]
      : []),
    ...(data.mcp !== undefined && isUrl(data.mcp.url) ? [{ url: data.mcp.url, path: ['mcp', 'url'] }] : []),
  ]
  const { submission, inbound } = data.mail
  const { url: mailbox, smtp } = data.sandbox?.mailpit ?? {}
  const zap = data.zap?.url
  return [
    ...urls.map(({ url, path }) => ({ ...hostAndPort(url), path })),
    ...(mailbox !== undefined && URL.canParse(mailbox)
      ? [{ ...hostAndPort(mailbox), path: ['sandbox', 'mailpit', 'url'] }]
      : []),
    ...(zap !== undefined && URL.canParse(zap) ? [{ ...hostAndPort(zap), path: ['zap', 'url'] }] : []),
    ...(smtp === undefined ? [] : [{ ...hostOf(smtp), path: ['sandbox', 'mailpit', 'smtp'] }]),
    ...(inbound === undefined
      ? []
      : [{ host: inbound.host.toLowerCase(), port: inbound.port, path: ['mail', 'inbound', 'host'] }]),
    ...(['starttls', 'implicit'] as const).flatMap((kind) => {
      const port = submission?.[kind]
      return submission === undefined || port === undefined
        ? []
        : [{ host: submission.host.toLowerCase(), port, path: ['mail', 'submission', 'host'] }]
    }),
  ]
}

/**
 * The port for clear text beside that of an API at the port for HTTPS; none where the permission to test does not name it, nor
 * the API has another port.
 */
export function placesInClear({
  target,
  authorization,
}: Pick<ProfileData<unknown, number>, 'authorization'> & { readonly target: { readonly url: string } }): {
  host: string
  port: number
}[] {
  if (!/^https:/i.test(target.url)) return []
  const { host, port } = hostAndPort(target.url)
  const isAllowed =
    isLoopback(host) || (authorization?.scope.some((entry) => covers(entry, host, 80)) ?? false)
  return port === 443 && isAllowed ? [{ host, port: 80 }] : []
}

export function isUrl(text: string): boolean {
  return /^https?:\/\//i.test(text)
}

export function hostAndPort(url: string): { host: string; port: number } {
  const { hostname, port, protocol } = new URL(url)
  return {
    host: hostname.toLowerCase(),
    port: port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port),
  }
}

/** Of `host:port`. */
export function hostOf(place: string): { host: string; port: number } {
  const [host = '', port = ''] = place.split(/:(?=\d+$)/)
  return { host: host.toLowerCase(), port: Number(port) }
}

/** What is wrong with the permission to test, or `null`: whatever is not loopback needs a valid one that names it. */
export function authorizationProblem(data: ProfileData<unknown, number>, now: Date): Mistake | null {
  const { url } = data.target
  if (isSubmissionAlone(data) && !URL.canParse(url))
    return mistake(['target', 'url'], 'a host name or an address', JSON.stringify(url), 'correct it')
  if (!isSubmissionAlone(data) && (!isUrl(url) || !URL.canParse(url)))
    return mistake(
      ['target', 'url'],
      'an http or https URL',
      JSON.stringify(url),
      'write scheme, host and port; a submission service without any HTTP API stands under target.submission',
    )
  const misplaced = documentProblem(data) ?? pageProblem(data) ?? keysProblem(data) ?? serverProblem(data)
  if (misplaced !== null) return misplaced
  const foreign = endpoints(data).filter(({ host }) => !isLoopback(host))
  const [first] = foreign
  if (first === undefined) return null
  const { authorization } = data
  if (authorization === undefined)
    return mistake(
      first.path,
      'authorization {owner, until, scope} for a host that is not loopback',
      first.host,
      'have the owner allow the test, and write down who and until when',
    )
  const until = new Date(
    authorization.until.includes('T') ? authorization.until : `${authorization.until}T23:59:59.999Z`,
  )
  if (Number.isNaN(until.getTime()))
    return mistake(
      ['authorization', 'until'],
      'a date, ISO 8601',
      JSON.stringify(authorization.until),
      'write it as 2030-12-31',
    )
  if (until < now)
    return mistake(
      ['authorization', 'until'],
      `a day that is not past (today is ${now.toISOString().slice(0, 10)})`,
      authorization.until,
      'have the owner renew it',
    )
  const outside = foreign.find(
    ({ host, port }) => !authorization.scope.some((entry) => covers(entry, host, port)),
  )
  if (outside === undefined) return null
  return mistake(
    outside.path,
    `a host in authorization.scope (${authorization.scope.join(', ')})`,
    `${outside.host}:${outside.port}`,
    'have the owner add it',
  )
}

/** A document that is nowhere, or `null`. */
function documentProblem({ openapi }: ProfileData<unknown, number>): Mistake | null {
  if (openapi === undefined || !isUrl(openapi) || URL.canParse(openapi)) return null
  return mistake(['openapi'], 'an http or https URL', JSON.stringify(openapi), 'correct it')
}

/** A page that is nowhere, or `null`. */
function pageProblem({ pages = {}, dashboard, mcp }: ProfileData<unknown, number>): Mistake | null {
  const own = Object.entries(pages).map(([name, { url, at }]) => ({ url, at, path: ['pages', name] }))
  const all = [
    ...own,
    { url: dashboard?.signIn.url, at: undefined, path: ['dashboard', 'signIn'] },
    { url: mcp?.url, at: undefined, path: ['mcp'] },
  ]
  for (const { url, at, path } of all) {
    if (url !== undefined && !/^\/(?!\/)/.test(url) && !(isUrl(url) && URL.canParse(url)))
      return mistake(
        [...path, 'url'],
        'a path or an http or https URL',
        JSON.stringify(url),
        'begin it with / or with https://',
      )
    if (at !== undefined && !(isUrl(at) && URL.canParse(at)))
      return mistake(
        [...path, 'at'],
        'scheme, host and port',
        JSON.stringify(at),
        'write it as https://127.0.0.1:8443',
      )
  }
  return null
}

/** Keys that no host of the profile publishes, or `null`: what begins with two slashes, or a backslash, leads to another one. */
function keysProblem({ target, jwt }: ProfileData<unknown, number>): Mistake | null {
  const { jwks } = jwt ?? {}
  if (jwks === undefined || isSubmissionAlone({ target })) return null
  const place = isUrl(jwks) ? URL.parse(jwks) : URL.parse(jwks, target.url)
  if (place !== null && (isUrl(jwks) || place.origin === new URL(target.url).origin)) return null
  return mistake(
    ['jwt', 'jwks'],
    'a path or an http or https URL',
    JSON.stringify(jwks),
    'begin it with / or with https://',
  )
}

/** An authorization server that is nowhere, or `null`. */
function serverProblem(data: ProfileData<unknown, number>): Mistake | null {
  const wrong = serverUrls(data).find(({ url }) => !(isUrl(url) && URL.canParse(url)))
  if (wrong === undefined) return null
  return mistake(wrong.path, 'an http or https URL', JSON.stringify(wrong.url), 'begin it with https://')
}

function serverUrls({ oauth }: ProfileData<unknown, number>) {
  const { issuer, metadata, origins = [] } = oauth ?? {}
  return [
    ...(issuer === undefined ? [] : [{ url: issuer, path: ['oauth', 'issuer'] }]),
    ...(metadata === undefined ? [] : [{ url: metadata, path: ['oauth', 'metadata'] }]),
    ...origins.map((url, at) => ({ url, path: ['oauth', 'origins', String(at)] })),
  ]
}

function covers(entry: string, host: string, port: number): boolean {
  const [name = '', onlyPort] = entry.toLowerCase().split(/:(?=\d+$)/)
  if (onlyPort !== undefined && Number(onlyPort) !== port) return false
  return name.startsWith('*.') ? host.endsWith(name.slice(1)) : host === name
}

function mistake(path: readonly string[], expected: string, seen: string, remedy: string): Mistake {
  return { path, key: false, expected, seen, remedy }
}
