import { MailpitClient } from 'mailpit-api'
import { Agent } from 'undici'
import { pinnedLookup } from '../pinned-lookup.ts'

/** A mailbox: Mailpit, or what serves the same REST API. Plain JSON. */
export interface MailboxAddress {
  /** Base of the REST API. */
  readonly url: string
  /** Where it takes mail from the sandbox; `null` where nothing is handed to it. */
  readonly smtp: { readonly host: string; readonly port: number } | null
  /** For HTTP basic authentication. */
  readonly auth?: { readonly username: string; readonly password: string }
  /** PEM of authorities besides the system's. */
  readonly ca?: readonly string[]
}

/** Milliseconds, for each of connecting, headers and body. */
const timeout = 10_000
/** Bytes of one answer. */
const largest = 32 * 1024 * 1024

/** The client of a mailbox. Follows no redirects. */
export function mailpitAt({ url, auth, ca = [] }: MailboxAddress): MailpitClient {
  const connect = { timeout, lookup: pinnedLookup(), ...(ca.length === 0 ? {} : { ca: [...ca] }) }
  const agent = new Agent({
    connect,
    headersTimeout: timeout,
    bodyTimeout: timeout,
    maxResponseSize: largest,
  })
  // The platform's types know the dispatcher of its own undici alone.
  const dispatcher = agent as unknown as NonNullable<RequestInit['dispatcher']>
  return new MailpitClient(url, {
    ...(auth === undefined ? {} : { auth }),
    fetchOptions: { redirect: 'error', dispatcher },
  })
}

/**
 * What is wrong with it, with what to do, or `null` where it answers. What a mailbox says itself is not repeated: a
 * status at most.
 */
export async function mailpitProblem(client: MailpitClient): Promise<string | null> {
  return client.getInfo().then(
    () => null,
    (error: Error) => {
      const [, status] = /Mailpit API Error: (\d{3})/.exec(error.message) ?? []
      if (status === '401' || status === '403')
        return `it refuses the credentials (${status}); see username and password of sandbox.mailpit`
      if (status !== undefined)
        return `it answered ${status}; see that sandbox.mailpit.url is the base URL of a Mailpit`
      return `it does not answer (${causeOf(error)}); see that it runs, sandbox.mailpit.url, and ca for a private authority`
    },
  )
}

/** The innermost code of a failed fetch. */
function causeOf(error: unknown): string {
  const { code, name, cause } = error as { code?: unknown; name?: unknown; cause?: unknown }
  if (cause !== undefined) return causeOf(cause)
  return typeof code === 'string' ? code : String(name)
}
