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
  const members = body
    .replaceAll('\r', '')
    .split(/[,{}\n]/)
    .flatMap((piece) => {
      const [, name = '', text, bare] = member.exec(piece) ?? []
      const held = text ?? bare
      return held === undefined ? [] : [{ name, held, isText: text !== undefined }]
    })
  const found = members.find(({ held }) => held === value)
  if (found === undefined) return null
  const alike = members.filter(({ name, isText }) => name === found.name && isText === found.isText)
  const form = found.isText ? String.raw`"\([^"]*\)"` : String.raw`\([0-9.-]*\)`
  const name = basic(found.name)
  return `${cut} | sed -n 's/^ *"${name}" *: *${form} *$/\\1/p' | sed -n ${alike.indexOf(found) + 1}p`
}

/** A piece that holds a member of JSON alone; without escapes, since `sed` undoes none. */
const member = /^ *"([\w.-]+)" *: *(?:"([^"\\]*)"|([0-9.-]+)) *$/

function fromHeaders(headers: HttpResponse['headers'], value: string): string | null {
  const at = headers.findIndex(([, text]) => text.includes(value))
  const [name, text = ''] = headers[at] ?? []
  // What stands around it must be the same in another answer.
  const before = text.slice(0, text.indexOf(value))
  // A field name may hold quotes and stars (RFC 9110 §5.6.2); of a script nothing of the target's is a part.
  if (
    name === undefined ||
    !/^[A-Za-z0-9-]+$/.test(name) ||
    !/^[\w.~-]+$/.test(value) ||
    !/^[\x20-\x7e]*$/.test(before)
  )
    return null
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
