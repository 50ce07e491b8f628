import type { HttpResponse } from '../model.ts'

/** Of the text that `curl -i` prints: the pieces of its JSON, one a line, as `pieces` below sees them. */
const cut = String.raw`tr -d '\r' | tr ',{}' '\n\n\n'`

/**
 * A filter for `sh` that gets a value out of what `curl -i` prints of an answer like this one: by the name of the member that holds it,
 * and which one of that name it is, or by the header field and what stands before it there. `null` where none was seen to do that.
 */
export function extraction(response: Pick<HttpResponse, 'headers' | 'body'>, value: string): string | null {
  return fromBody(response.body, value) ?? fromHeaders(response.headers, value)
}

function fromBody(body: string, value: string): string | null {
  const pieces = body.split(/[,{}\n]/)
  const name = pieces.flatMap((piece) => {
    const [, name, held] = member.exec(piece) ?? []
    return name !== undefined && held === value ? [name] : []
  })[0]
  if (name === undefined) return null
  const named = pieces.flatMap((piece) => {
    const [, other, held] = member.exec(piece) ?? []
    return other === name ? [held] : []
  })
  const at = named.indexOf(value) + 1
  return `${cut} | sed -n 's/^ *"${basic(name)}" *: *"\\{0,1\\}\\([^"]*\\)"\\{0,1\\} *$/\\1/p' | sed -n ${at}p`
}

/** A piece that holds a member of JSON alone; without escapes, since `sed` undoes none. */
const member = /^ *"([\w.-]+)" *: *"?([^"\\]*?)"? *$/

function fromHeaders(headers: HttpResponse['headers'], value: string): string | null {
  const at = headers.findIndex(([, text]) => text.includes(value))
  const [name, text = ''] = headers[at] ?? []
  // What stands around it must be the same in another answer.
  const before = text.slice(0, text.indexOf(value))
  if (name === undefined || !/^[\w.~-]+$/.test(value) || !/^[\x20-\x7e]*$/.test(before)) return null
  if (/[\w.~-]/.test(text.charAt(before.length + value.length))) return null
  const place = `${anyCase(name)}: *${basic(before)}`
  const others = headers.slice(0, at).filter(([other, held]) => other === name && held.startsWith(before))
  return `tr -d '\\r' | sed -n 's/^${place}\\([A-Za-z0-9_.~-]*\\).*/\\1/p' | sed -n ${others.length + 1}p`
}

/** Text for a basic regular expression within single quotes and slashes. */
function basic(text: string): string {
  return text.replace(/[\\^$.*[\]/]/g, '\\$&').replaceAll("'", String.raw`'\''`)
}

function anyCase(name: string): string {
  return name.replace(/[a-z]/gi, (letter) => `[${letter.toUpperCase()}${letter.toLowerCase()}]`)
}
