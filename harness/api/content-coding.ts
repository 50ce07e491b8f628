import type { Transform } from 'node:stream'
import {
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createInflateRaw,
  createZstdDecompress,
} from 'node:zlib'

/** The first byte of a zlib header (RFC 1950 section 2.2): the method is deflate, the window at most 32 KiB. */
const zlibHeader = /^[0-7]8/

/** RFC 9110 section 8.4.1, RFC 7932, RFC 8878. */
const decoders: Readonly<Record<string, (content: Buffer) => Transform>> = {
  gzip: () => createGunzip(),
  'x-gzip': () => createGunzip(),
  // Some send what is deflated without the header that belongs to it, and every browser reads it.
  deflate: (content) =>
    zlibHeader.test(content.toString('hex', 0, 1)) ? createInflate() : createInflateRaw(),
  br: () => createBrotliDecompress(),
  zstd: () => createZstdDecompress(),
}

/** More than anybody applies in earnest. */
const mostCodings = 5

/** The bytes are not what Content-Encoding says. */
export class WrongCoding extends Error {
  override readonly name = 'WrongCoding'
}

/**
 * The content without the codings that a Content-Encoding field lists, as they are where it lists one that is not known. At most
 * `most` bytes come of each, however much would: of what was cut before or is cut here, the beginning. Throws WrongCoding.
 */
export async function decoded(
  content: { readonly bytes: Buffer; readonly cut: boolean },
  field: string,
  most: number,
): Promise<{ readonly bytes: Buffer; readonly cut: boolean }> {
  const codings = field
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((coding) => coding !== '' && coding !== 'identity')
  const makers = codings.map((coding) => decoders[coding])
  if (codings.length > mostCodings || makers.includes(undefined)) return content
  let { bytes, cut } = content
  for (const [at, make] of [...makers.entries()].reverse()) {
    if (make === undefined || bytes.length === 0) break
    const output: Buffer[] = []
    let size = 0
    try {
      for await (const chunk of decoding(make(bytes), bytes)) {
        output.push(chunk)
        size += chunk.length
        if (size > most) break
      }
    } catch {
      // What was cut has no end.
      if (!cut) throw new WrongCoding(`the answer is not ${codings[at]}, as its Content-Encoding says`)
    }
    cut ||= size > most
    bytes = Buffer.concat(output).subarray(0, most)
  }
  return { bytes, cut }
}

function decoding(decoder: Transform, bytes: Buffer): AsyncIterable<Buffer> {
  decoder.end(bytes)
  return decoder
}
