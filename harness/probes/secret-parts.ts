import type { HttpResponse } from '../model.ts'
import { placeIn } from './held-secrets.ts'

/** Characters of a secret in a row: as many as nobody shows to tell keys apart, and no chance brings about. */
const telling = 12
/** Characters at its end by which lists tell keys apart. */
const lastShown = 4

/**
 * What of a secret no answer is to show, in pieces: without these public parts of it, such as its prefix and the id of its key, and
 * without its last four characters.
 */
export function hiddenParts(secret: string, publicParts: readonly string[]): string[] {
  const shown = publicParts.filter((part) => part !== '' && part !== secret)
  const pieces = shown.reduce(
    (parts, part) => parts.flatMap((text) => text.split(part)),
    [secret.slice(0, -lastShown)],
  )
  return pieces.filter((piece) => piece.length >= telling)
}

/** Where an answer shows twelve characters in a row of one of these; `null` where it does not. */
export function shownIn(
  response: Pick<HttpResponse, 'headers' | 'body'>,
  hidden: readonly string[],
): string | null {
  for (const part of hidden)
    for (let at = 0; at + telling <= part.length; at++) {
      const place = placeIn(response, part.slice(at, at + telling))
      if (place !== null) return place
    }
  return null
}
