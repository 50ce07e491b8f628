import type { Sent } from '../check/post.ts'
import type { Verify } from '../check/verify.ts'
import type { Exchange } from '../model.ts'

/** Why a name that the profile itself writes unquoted says nothing of the target, and what to do about it. */
export const unquoted = [
  'the profile writes the name into the text of an address without quoting it, so that whatever breaks is not the target’s fault',
  'write $address(from), or $addresses(to), in the body of message.send',
] as const

/** Why a name that the target refuses, though it breaks nothing, proves nothing, and what to do about it. */
export function turnedAway(
  { name, email, mail: { exchange } }: Named,
  said: (exchange: Exchange) => string,
): Parameters<Verify['held']> {
  return [
    exchange.answer !== 'refused' && exchange.answer !== 'invalid',
    `${exchange.operation} was answered ${said(exchange)} for the mailbox of ${email} with the name ${name}`,
    'where the API takes addresses without names, write from.email, or [to.email], in the body of message.send; else see why it refuses this name',
  ]
}

interface Named {
  readonly name: string
  readonly email: string
  readonly mail: Pick<Sent, 'exchange'>
}

/** The request holds name and address as one text, with the specials of the name as they are (RFC 5322 §3.2.3). */
export function writesUnquoted({ name, email, mail: { exchange } }: Named): boolean {
  const { path, body } = exchange.request
  const asked = `${path}\n${Buffer.from(body ?? '').toString('utf8')}`
  const written = [name, `"${name}"`].flatMap((phrase) => [`${phrase} <${email}>`, `${phrase}<${email}>`])
  return written.some((text) =>
    [text, inJson(text), inForm(text), encodeURIComponent(text)].some((form) => asked.includes(form)),
  )
}

const inJson = (text: string) => JSON.stringify(text).slice(1, -1)
const inForm = (text: string) => new URLSearchParams({ '': text }).toString().slice(1)
