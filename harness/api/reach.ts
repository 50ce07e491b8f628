import { AsyncLocalStorage } from 'node:async_hooks'
import type { LookupFunction } from 'node:net'
import { isObject } from '../json.ts'
import type { HttpRequest } from '../model.ts'
import { type Addresses, pinnedLookup } from '../pinned-lookup.ts'
import { endpoints, hostAndPort, isLoopback, placesInClear } from '../profile/authorization.ts'
import { type OperationName, operations, type PseudoOperation } from '../profile/operations.ts'
import type { Profile } from '../profile/shape.ts'
import { createBudget, type Take } from './budget.ts'
import {
  addressDomains,
  domainsIn,
  isReserved,
  isUnreachable,
  isWithin,
  routeDomains,
  textsIn,
} from './mail-domains.ts'
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
  /** Where a name led when the run began, at each connection. */
  readonly lookup: LookupFunction
  /** Throws ReachError where the host, or an address in the body, is not allowed. */
  request(request: HttpRequest, operation: string | null): void
  /** Throws ReachError where mail would leave the sandbox; otherwise its recipients, each as the call names it. */
  recipients(operation: string, input: Input): readonly string[]
  /** Counts against the budget of the run; waits for the turn; throws ReachError where it is used up. */
  take: Take
  /** So many mails that were taken will not come: the target refused them. */
  unsent(count: number): Promise<void>
  /**
   * For requests that mean something only if they are sent at once, or right after one another: waits until `count` of them
   * have had their turn, then runs `work`, and as many of the requests that it makes go out without waiting. Those that it
   * does not make stay counted.
   */
  together<T>(count: number, work: () => Promise<T>): Promise<T>
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
  readonly unsent?: (count: number) => Promise<void>
  readonly patience?: number
  /** What the hosts of the profile resolved to; each is resolved at its first use where it is left out. */
  readonly addresses?: Addresses
}

/** Whom a call makes the target send mail to, by messages and invitations; whom a message in base64 names stands apart. */
function recipientsOf(operation: string, mailTo: readonly string[], input: Input) {
  const kinds = operations[operation]?.inputs ?? {}
  const named: unknown[] = []
  const written: unknown[] = []
  for (const name of mailTo) {
    const value = input[name]
    // Some take the recipients of a whole message from its header, whatever the envelope says.
    if (kinds[name] === 'mime') written.push(...headerRecipients(value))
    else if (kinds[name] !== 'messages') named.push(...listed(value))
    else
      for (const message of listed(value))
        if (isObject(message))
          named.push(...recipientsOf('message.send', mailToOf('message.send'), message).named)
        else named.push(message)
  }
  return { named, written }
}

/** Has the inputs of a message that is handed over whole, whether or not the profile declares a call that takes one. */
const submission: PseudoOperation = 'submission.send'
const wholeMessage: OperationName = 'message.raw'

const mailToOf = (operation: string) => operations[operation]?.mailTo ?? []

export function createReach(options: ReachOptions): Reach {
  const { profile, zone } = options
  const budget = options.take ?? createBudget(profile.budget)
  const granted = new AsyncLocalStorage<{ left: number }>()
  const hosts = new Set([
    ...[...placesOf(profile), ...placesInClear(profile)].map(({ host, port }) => `${host}:${port}`),
    ...(options.endpoints ?? []),
  ])
  const mail = [zone, ...(profile.mail.recipients?.domains ?? [])].map((d) => d.toLowerCase())
  const mentioned = new Set([
    ...mail,
    ...profile.mail.domains.map((d) => d.toLowerCase()),
    ...addressDomains(profile.mail.from),
    ...textsIn([profile.principals, profile.accounts]).flatMap(addressDomains),
  ])
  const reaches = (domain: string) =>
    mail.some((allowed) => isWithin(domain, allowed)) || isUnreachable(domain)
  const mayMention = (domain: string) =>
    reaches(domain) ||
    isReserved(domain) ||
    [...mentioned].some((allowed) => isWithin(domain, allowed)) ||
    !isDomain(domain)

  const sends = (operation: string | null) => profile.operations[operation ?? '']?.sends === true
  const fieldsOf = (operation: string | null): object => {
    const { headers, steps = [], afterwards = [] } = profile.operations[operation ?? ''] ?? {}
    return Object.assign({}, headers, ...[...steps, ...afterwards].map((step) => step.headers))
  }
  const endpoint = (host: string, port: number) => {
    const name = `${host.toLowerCase()}:${port}`
    if (!hosts.has(name))
      throw new ReachError(
        `a connection to ${name}`,
        `only ${[...hosts].join(', ')} may be reached`,
        'name the host in the profile',
      )
  }

  const take: Take = async (kind, count) => {
    const turns = granted.getStore()
    if (kind !== 'request' || turns === undefined || turns.left < count) return budget(kind, count)
    turns.left -= count
  }

  return {
    endpoint,
    lookup: pinnedLookup(options.addresses),
    take,
    unsent: options.unsent ?? (async () => {}),
    async together(count, work) {
      await take('request', count)
      return granted.run({ left: count }, work)
    },
    request(request, operation) {
      const { host, port } = hostAndPort(request.origin)
      endpoint(host, port)
      const parts: [string, readonly string[]][] = [
        ['a body', bodyTexts(request.body)],
        ...(sends(operation)
          ? [
              ['a path', pathTexts(request.path)] as [string, string[]],
              ...fieldTexts(request, {
                ...profile.target.headers,
                ...fieldsOf(operation),
              }),
            ]
          : []),
      ]
      for (const [part, texts] of parts) {
        const outside = texts.flatMap(addressDomains).find((domain) => !mayMention(domain))
        if (outside === undefined) continue
        throw new ReachError(
          `${part} with an address at ${outside}`,
          'a fault of the target could send mail there',
          'use an address of the mailbox or a reserved name (RFC 2606), or add the domain to mail.recipients.domains if its mail ends in the sandbox',
        )
      }
    },
    recipients(operation, input) {
      const submitted = operation === submission
      const mailTo = submitted ? mailToOf(wholeMessage) : (profile.operations[operation]?.mailTo ?? [])
      const { named, written } = recipientsOf(submitted ? wholeMessage : operation, mailTo, input)
      for (const domain of [...named, ...written].flatMap((recipient) =>
        textsIn(recipient).flatMap(routeDomains),
      ))
        if (!reaches(domain))
          throw new ReachError(
            `mail for ${domain}`,
            `only ${mail.join(', ')} and names that lead nowhere end in the sandbox`,
            'use an address of the mailbox, or add the domain to mail.recipients.domains if its mail ends in the sandbox',
          )
      for (const name of operations[operation]?.claims ?? []) {
        const claimed = input[name]
        const foreign =
          typeof claimed === 'string' ? domainsIn(claimed).find((domain) => !mayMention(domain)) : undefined
        if (foreign !== undefined)
          throw new ReachError(
            `a claim to the domain ${foreign}`,
            'it may be somebody else’s',
            'use a name in the sandbox’s zone',
          )
      }
      return submitted || sends(operation) ? named.map(addressOf) : []
    },
    patience: options.patience ?? 60,
  }
}

/** In running text `@media` or `name@2x` is no address; a name with a dot or a literal is. */
function isDomain(domain: string): boolean {
  if (domain.startsWith('[')) return !isLoopback(domain.replace(/^\[(ipv6:)?/, '['))
  return domain.includes('.') && !/\.\d+$/.test(domain)
}

/** What is no address is a hostile one, or none. */
function addressOf(recipient: unknown): string {
  const address = isObject(recipient) ? recipient['email'] : recipient
  return typeof address === 'string' ? address : ''
}

function listed(value: unknown): unknown[] {
  if (value === undefined || value === null) return []
  return Array.isArray(value) ? value : [value]
}

/** The values of fields that name recipients, wherever some reading of a message in base64 finds one: at any kind of line end. */
function headerRecipients(raw: unknown): string[] {
  if (typeof raw !== 'string') return textsIn(raw)
  const field = /(?:^|[\r\n\0])[ \t]*(?:resent-)?(?:to|cc|bcc)[ \t]*:((?:[^\r\n]|[\r\n]+[ \t])*)/gi
  const readings = [raw, Buffer.from(raw, 'base64').toString('latin1')]
  return readings.flatMap((text) => [...text.matchAll(field)].map(([, value]) => value ?? ''))
}

/** Of the header fields that the profile writes: those of a caller may say who it is. */
function fieldTexts({ headers }: HttpRequest, templates: object): [string, string[]][] {
  const written = Object.keys(templates).map((name) => name.toLowerCase())
  return headers
    .filter(([name]) => written.includes(name.toLowerCase()))
    .map(([name, value]) => [`a header field ${name}`, textsIn(value)])
}

function pathTexts(path: string): string[] {
  const [, query = ''] = path.split(/\?(.*)/s)
  return [path, ...[...new URLSearchParams(query).values()].flatMap((value) => textsIn(value))]
}

/** Every text in a body, and what base64 in it holds. */
export function bodyTexts(body: HttpRequest['body']): string[] {
  if (body === null) return []
  const text = typeof body === 'string' ? body : Buffer.from(body).toString('latin1')
  try {
    return [text, ...textsIn(JSON.parse(text))]
  } catch {
    return textsIn(text)
  }
}

/** Every host and port that a resolved profile names. */
export function placesOf(profile: Profile) {
  const { operations: _, mail, policies: _policies, ca: _ca, ...rest } = profile
  return endpoints({ ...rest, operations: {}, mail })
}
