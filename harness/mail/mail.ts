import { readFile, stat } from 'node:fs/promises'
import { isIP } from 'node:net'
import { request } from 'undici'
import { sentence } from '../../reports/visible.ts'
import type { Severity } from '../model.ts'
import { Unavailable, UsageError } from '../obstacles.ts'
import { UnreadableMail } from '../probes/mail.ts'
import { judgeMail } from './judge-mail.ts'
import { resolverAt } from './name-server.ts'
import { tell } from './table.ts'

export interface MailOptions {
  /** The name server to ask, `host:port`; the system's where it is left out. */
  readonly dns?: string
  readonly ip?: string
  readonly helo?: string
  readonly mailFrom?: string
  readonly host?: readonly string[]
  /** URL of a Mailpit that has the message. */
  readonly mailpit?: string
  readonly failOn: Severity
  readonly json?: true
}

/** Of a message: what providers take, with room (25 MB and its base64). Bytes. */
const largest = 50 * 1024 * 1024

/**
 * Judges one message and prints a table, or JSON. 0 where nothing of the severity is wrong, 1 where something is, 2 where something
 * could not be judged. Throws UsageError for what is no message, and Unavailable where the Mailpit is not there.
 */
export async function mail(place: string, options: MailOptions): Promise<0 | 1 | 2> {
  const { dns, ip, helo, mailFrom, host, mailpit } = options
  if (ip !== undefined && isIP(ip) === 0)
    throw new UsageError(`expected an IP address after --ip; seen ${sentence(ip)}`)
  const read = mailpit === undefined ? await fromFile(place) : await fromMailpit(mailpit, place)
  const raw = asOnTheWire(read)
  if (
    !/^[!-9;-~]+[ \t]*:/m.test(
      raw
        .subarray(0, 64 * 1024)
        .toString('latin1')
        .split(/\r\n\r\n/, 1)[0] ?? '',
    )
  )
    throw new UsageError(`expected a message in ${place}; seen no header field in it; name an .eml file`)
  const resolver = resolverAt(dns)
  const judged = await judgeMail(raw, { ip, helo, mailFrom, hosts: host, resolver }).catch(
    (error: unknown) => {
      if (error instanceof UnreadableMail) throw new UsageError(`${place} cannot be read: ${error.why}`)
      throw error
    },
  )
  return tell(judged, options)
}

async function fromFile(file: string): Promise<Buffer> {
  try {
    if (file === '-') return await fromStream(process.stdin)
    const { size } = await stat(file)
    if (size > largest) throw tooLarge(file)
    return await readFile(file)
  } catch (error) {
    if (error instanceof UsageError) throw error
    throw new UsageError(
      `expected a message in ${file}; seen ${inWords((error as NodeJS.ErrnoException).code)}; name an .eml file, - for standard input, or --mailpit with the id of a message`,
    )
  }
}

function inWords(code = 'an error'): string {
  return { ENOENT: 'no such file', EISDIR: 'a folder', EACCES: 'that it may not be read' }[code] ?? code
}

async function fromStream(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of stream) {
    length += chunk.length
    if (length > largest) throw tooLarge('standard input')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

const tooLarge = (place: string) =>
  new UsageError(`expected a message of at most ${largest / 1024 / 1024} MB in ${place}; seen more`)

/** `latest`, or its id, by the REST API of Mailpit (GET /api/v1/message/ID/raw). */
async function fromMailpit(url: string, id: string): Promise<Buffer> {
  if (!URL.canParse(url)) throw new UsageError(`expected a URL of a Mailpit; seen ${sentence(url)}`)
  const place = new URL(`${url.replace(/\/+$/, '')}/api/v1/message/${encodeURIComponent(id)}/raw`)
  const answer = await request(place).catch((error: unknown) => {
    throw new Unavailable(
      `expected a Mailpit at ${url}; seen ${(error as NodeJS.ErrnoException).code ?? 'no answer'}; start it, or name another --mailpit`,
    )
  })
  if (answer.statusCode === 200) return fromStream(answer.body)
  await answer.body.dump()
  throw new UsageError(
    `expected a message ${sentence(id)} in the Mailpit at ${url}; seen status ${answer.statusCode}; its page shows the ids, and latest is the last one`,
  )
}

/** Files are often kept with the line ends of their system, and mailboxes begin each message with a line of their own. */
function asOnTheWire(read: Buffer): Buffer {
  const text = read.toString('latin1').replace(/^From [^:\s]+ .*\r?\n/, '')
  return Buffer.from(text.includes('\r\n') ? text : text.replaceAll('\n', '\r\n'), 'latin1')
}
