import type { HttpRequest } from '../model.ts'
import { endpoints, hostAndPort, isLoopback } from '../profile/authorization.ts'
import type { Profile } from '../profile/shape.ts'
import { createBudget, type Take } from './budget.ts'
import { addressDomains, isReserved, isUnreachable, isWithin, routeDomains, textsIn } from './mail-domains.ts'
import type { Input } from './request.ts'

/** The harness kept itself from doing something: a fault of a check or a profile, never of the target. */
export class ReachError extends Error {
  override readonly name = 'ReachError'
  constructor(what: string, why: string, remedy: string) {
    super(`refused: ${what}; ${why}; ${remedy}`)
  }
}

/** The one guard between the harness and the network. */
export interface Reach {
  /** Throws ReachError unless the profile or the sandbox names this host and port. */
  endpoint(host: string, port: number): void
  /** Throws ReachError where the host, or an address in the body, is not allowed. */
  request(request: HttpRequest, operation: string | null): void
  /** Throws ReachError where mail would leave the sandbox; how many recipients it is otherwise. */
  recipients(operation: string, input: Input): number
  /** Counts against the budget of the run; waits for the turn; throws ReachError where it is used up. */
  take: Take
  /** The longest `Retry-After` that a call waits out, in seconds. */
  readonly patience: number
}

export interface ReachOptions {
  readonly profile: Profile
  /** The sandbox's zone; mail for it and all below it ends in the sandbox. */
  readonly zone: string
  /** `host:port` of the sandbox. */
  readonly endpoints?: readonly string[]
  /** Counts for the whole run; in this process alone where it is left out. */
  readonly take?: Take
  readonly patience?: number
}

/** Fields that make the target send mail to what stands in them: messages and invitations. */
const recipientFields: Readonly<Record<string, readonly string[]>> = {
  'message.send': ['to', 'cc', 'bcc'],
  'user.create': ['email'],
  'user.update': ['email'],
}

export function createReach(options: ReachOptions): Reach {
  const { profile, zone } = options
  const hosts = new Set([
    ...endpoints(namedIn(profile)).map(({ host, port }) => `${host}:${port}`),
    ...(options.endpoints ?? []),
  ])
  const mail = [zone, ...(profile.mail.recipients?.domains ?? [])].map((d) => d.toLowerCase())
  const mentioned = new Set([
    ...mail,
    ...profile.mail.domains.map((d) => d.toLowerCase()),
    ...addressDomains(profile.mail.from),
    ...textsIn(profile.principals).flatMap(addressDomains),
  ])
  const reaches = (domain: string) =>
    mail.some((allowed) => isWithin(domain, allowed)) || isUnreachable(domain)
  const mayMention = (domain: string) =>
    reaches(domain) ||
    isReserved(domain) ||
    [...mentioned].some((allowed) => isWithin(domain, allowed)) ||
    !isDomain(domain)

  const endpoint = (host: string, port: number) => {
    const name = `${host.toLowerCase()}:${port}`
    if (!hosts.has(name))
      throw new ReachError(
        `a connection to ${name}`,
        `only ${[...hosts].join(', ')} may be reached`,
        'name the host in the profile',
      )
  }

  return {
    endpoint,
    request(request, operation) {
      const { host, port } = hostAndPort(request.origin)
      endpoint(host, port)
      const texts = [...bodyTexts(request.body), ...(operation === 'message.send' ? [request.path] : [])]
      const outside = texts.flatMap(addressDomains).find((domain) => !mayMention(domain))
      if (outside !== undefined)
        throw new ReachError(
          `a body with an address at ${outside}`,
          'a fault of the target could send mail there',
          'use an address of the mailbox or a reserved name (RFC 2606), or add the domain to mail.recipients.domains if its mail ends in the sandbox',
        )
    },
    recipients(operation, input) {
      const named = (recipientFields[operation] ?? []).flatMap((field) => listed(input[field]))
      for (const domain of named.flatMap((recipient) => textsIn(recipient).flatMap(routeDomains)))
        if (!reaches(domain))
          throw new ReachError(
            `mail for ${domain}`,
            `only ${mail.join(', ')} and names that lead nowhere end in the sandbox`,
            'use an address of the mailbox, or add the domain to mail.recipients.domains if its mail ends in the sandbox',
          )
      const claimed =
        operation === 'domain.create' && typeof input['name'] === 'string'
          ? input['name'].toLowerCase()
          : null
      if (claimed !== null && !mayMention(claimed))
        throw new ReachError(
          `a claim to the domain ${claimed}`,
          'it may be somebody else’s',
          'use a name in the sandbox’s zone',
        )
      return operation === 'message.send' ? named.length : 0
    },
    take: options.take ?? createBudget(profile.budget),
    patience: options.patience ?? 60,
  }
}

/** In running text `@media` or `name@2x` is no address; a name with a dot or a literal is. */
function isDomain(domain: string): boolean {
  if (domain.startsWith('[')) return !isLoopback(domain.replace(/^\[(ipv6:)?/, '['))
  return domain.includes('.') && !/\.\d+$/.test(domain)
}

function listed(value: unknown): unknown[] {
  if (value === undefined || value === null) return []
  return Array.isArray(value) ? value : [value]
}

function bodyTexts(body: HttpRequest['body']): string[] {
  if (body === null) return []
  const text = typeof body === 'string' ? body : Buffer.from(body).toString('latin1')
  try {
    return [text, ...textsIn(JSON.parse(text))]
  } catch {
    return textsIn(text)
  }
}

/** What of a resolved profile names hosts, in the shape of the document. */
function namedIn(profile: Profile) {
  const { operations: _, mail, policies: _policies, ca: _ca, ...rest } = profile
  return { ...rest, operations: {}, mail }
}
