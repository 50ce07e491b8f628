import type { Exchange } from '../model.ts'

const address = /[^\s"'<>,;:=?&(){}[\]]{1,64}(?:@|%40)[^\s"'<>,;:&(){}[\]]{1,255}/gi
const time = /\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?[^\s"'<>,;)}\]]*/g

/** Characters of an answer that are compared. */
const compared = 8000

/** Names of the fields, and what an answer says in words: its body, and the fields that say why, or lead on. */
function toldBy({ response }: Pick<Exchange, 'response'>): {
  readonly names: string
  readonly words: string
} {
  const headers = response?.headers ?? []
  const leading = headers.filter(([name]) => name === 'location' || name === 'www-authenticate')
  return {
    names: namesIn(response),
    words: [(response?.body ?? '').slice(0, compared), ...leading.map(([, value]) => value)]
      .filter((text) => text !== '')
      .join(' '),
  }
}

function namesIn(response: Exchange['response']): string {
  const names = response?.headers.map(([name]) => name) ?? []
  return names.sort().join(' ')
}

function membersIn(response: Exchange['response']): readonly string[] {
  return response?.body.match(/"\w+"(?=\s*:)/g) ?? []
}

/** What an answer looks like, without what changes from one to the next: times, ids, and who was asked about. */
export function shape(exchange: Pick<Exchange, 'response'>): string {
  const { names, words } = toldBy(exchange)
  const steady = words
    .replace(address, '*')
    .replace(time, '*')
    .replace(/[\w-]*\d[\w-]{7,}/g, '*')
  return `${exchange.response?.status} ${steady} [${names}]`
}

/** The same without whatever holds a digit: where each answer has another number, its words tell still. */
export function wording(exchange: Pick<Exchange, 'response'>): string {
  const { names, words } = toldBy(exchange)
  const steady = words.replace(address, '*').replace(/[^\s"'<>,;:(){}[\]]*\d[^\s"'<>,;:(){}[\]]*/g, '*')
  return `${exchange.response?.status} ${steady} [${names}]`
}

/** The same where every answer is another: status, fields, and the names of members. */
export function outline({ response }: Exchange): string {
  return `${response?.status} ${membersIn(response).join(' ')} [${namesIn(response)}]`
}

/** Whether two answers may be of one call: the same status, type of content and names of members, and a cookie in both or in neither. */
export function isLike(one: Exchange, other: Exchange): boolean {
  const look = ({ response }: Exchange) => {
    const field = (name: string) => response?.headers.find(([each]) => each === name)?.[1]
    const [type = ''] = field('content-type')?.split(';') ?? []
    return JSON.stringify([
      response?.status,
      type,
      field('set-cookie') !== undefined,
      [...new Set(membersIn(response))].sort(),
    ])
  }
  return look(one) === look(other)
}
