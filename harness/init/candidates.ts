import type { OpenApi } from '../api/openapi.ts'

/** What sending mail is called. */
const sending =
  /(?:^|\b|_)(?:send|sends|sending|mails?|e-?mails?|messages?|tx|transact\w*|dispatch|deliver\w*|outbound)(?:\b|_|$)/i
const sendsAtItsEnd = /\/(?:send|dispatch|deliver)\/?$/i
const most = 5

/** Calls that may send mail by what they are called, as `POST /tx`, for somebody who knows the API: the likelier first, and few. */
export function mayBeSends({ operations }: Pick<OpenApi, 'operations'>): string[] {
  return operations
    .filter(({ method, path }) => method === 'POST' && !/\}\/?$/.test(path))
    .map(({ path, operationId, labels }) => ({
      call: `POST ${path}`,
      // A word of the path says more than one of its tag, and the last the most.
      weight:
        2 * Number(sendsAtItsEnd.test(path)) +
        2 * Number(sending.test(path)) +
        Number(sending.test(apart([operationId, ...labels].join(' ')))),
    }))
    .filter(({ weight }) => weight > 0)
    .sort((a, b) => b.weight - a.weight)
    .slice(0, most)
    .map(({ call }) => call)
}

/** `sendMail` is two words. */
function apart(text: string): string {
  return text.replace(/([a-z])([A-Z])/g, '$1 $2')
}
