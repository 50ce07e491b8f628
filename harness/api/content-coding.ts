import type { Transform } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib'

/** RFC 9110 section 8.4.1, RFC 7932, RFC 8878. */
const decoders: Readonly<Record<string, () => Transform>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
  zstd: createZstdDecompress,
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
      for await (const chunk of decoding(make(), bytes)) {
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
