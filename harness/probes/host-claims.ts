import type { HttpRequest, Severity } from '../model.ts'

/** A header field of a request by which a program that writes links may take another host, scheme, port or path for its own. */
export interface HostClaim {
  readonly name: string
  /** The request with it; `host` is a name that nobody has, and of this request alone. */
  claim(request: HttpRequest, host: string): HttpRequest
  /** Whether a link leads where the field says. */
  leads(link: URL, host: string): boolean
  /** In the caller’s own mail, which he writes anyway; and in what is mailed to others, such as an invitation. */
  readonly severity: { readonly own: Severity; readonly forOthers: Severity }
}

const field = (name: string, value: (host: string) => string): HostClaim => ({
  name,
  claim: (request, host) => withField(request, name, value(host)),
  leads: ({ hostname }, host) => hostname === host,
  severity: { own: 'medium', forOthers: 'high' },
})

/** Of the link as a whole: it leads to the host of others still. */
const part = (name: string, value: (host: string) => string, leads: HostClaim['leads']): HostClaim => ({
  ...field(name, value),
  ...{ leads, severity: { own: 'low', forOthers: 'medium' } },
})

/** One of that name is written in place of those that there are. */
function withField(request: HttpRequest, name: string, value: string): HttpRequest {
  const others = request.headers.filter(([other]) => other.toLowerCase() !== name.toLowerCase())
  return { ...request, headers: [...others, [name, value]] }
}

const label = (host: string) => host.split('.')[0] ?? ''

/** RFC 7239, the fields that were usual before it, and those that say from which page a request comes. */
export const hostClaims: readonly HostClaim[] = [
  ...[
    'X-Forwarded-Host',
    'X-Original-Host',
    'X-Host',
    'X-Forwarded-Server',
    'X-HTTP-Host-Override',
    'Host',
  ].map((name) => field(name, (host) => host)),
  field('Forwarded', (host) => `for=192.0.2.1;host=${host};proto=https`),
  field('Origin', (host) => `https://${host}`),
  field('Referer', (host) => `https://${host}/`),
  part(
    'X-Forwarded-Proto',
    () => 'http',
    ({ protocol }) => protocol === 'http:',
  ),
  part(
    'X-Forwarded-Port',
    () => '8444',
    ({ port }) => port === '8444',
  ),
  part(
    'X-Forwarded-Prefix',
    (host) => `/${label(host)}`,
    ({ pathname }, host) => pathname.includes(label(host)),
  ),
]
