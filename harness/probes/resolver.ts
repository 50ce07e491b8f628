import { Resolver } from 'node:dns/promises'

export interface RecordedAnswer {
  readonly name: string
  readonly type: string
  /** The records in presentation form; `null` where there was no answer. */
  readonly records: readonly string[] | null
  /** `ENOTFOUND` and `ENODATA` mean that there is no record; any other code that nothing is known. */
  readonly error: string | null
  readonly at: number
}

/** Asks one name server and keeps what it said. */
export interface RecordingResolver {
  /** Like `resolve` of node:dns; mailauth takes it. Rejects with the codes of node:dns. */
  readonly resolve: (name: string, type: string) => Promise<string[][] | string[]>
  /** Texts of the TXT records, each joined from its strings; empty where there is none. Throws {@link DnsFailure}. */
  txt(name: string): Promise<string[]>
  /** Addresses, host names or preferences with hosts, in presentation form; otherwise as `txt`. */
  records(name: string, type: 'A' | 'AAAA' | 'MX' | 'CNAME' | 'NS' | 'PTR'): Promise<string[]>
  readonly answers: readonly RecordedAnswer[]
  /** Questions that were not answered: nothing may be concluded from what is missing there. */
  failures(): RecordedAnswer[]
}

/** Nothing is known of a name: a timeout, SERVFAIL, REFUSED. Whoever sees it can only say *unproven*. */
export class DnsFailure extends Error {
  override readonly name = 'DnsFailure'
}

/** Milliseconds for a try; there are two. */
const within = 3000

/** Asks this server alone, or the system's where it is `null`; `noted` sees each answer. */
export function createResolver(
  server: { readonly host: string; readonly port: number } | null,
  noted: (answer: RecordedAnswer) => void = () => {},
): RecordingResolver {
  const resolver = new Resolver({ timeout: within, tries: 2 })
  if (server !== null)
    resolver.setServers([`${server.host.includes(':') ? `[${server.host}]` : server.host}:${server.port}`])
  const ask = (name: string, type: string) => resolver.resolve(name, type) as Promise<unknown[]>
  return recording(server === null ? ask : onceMore(ask), noted)
}

/** A name server of the run's own answers: where its answer came too late, this machine had too much to do to read it. */
export function onceMore<Answer>(
  ask: (name: string, type: string) => Promise<Answer>,
): (name: string, type: string) => Promise<Answer> {
  return (name, type) =>
    ask(name, type).catch((error: unknown) => {
      if (codeOf(error) !== 'ETIMEOUT') throw error
      return ask(name, type)
    })
}

/** A resolver over any function of the shape of `resolve` of node:dns. */
export function recording(
  ask: (name: string, type: string) => Promise<unknown[]>,
  noted: (answer: RecordedAnswer) => void = () => {},
): RecordingResolver {
  const answers: RecordedAnswer[] = []
  const note = (name: string, type: string, records: readonly string[] | null, error: string | null) => {
    const answer = { name, type, records, error, at: Date.now() }
    answers.push(answer)
    noted(answer)
  }
  const resolve = async (name: string, type: string) => {
    try {
      const records = await ask(name, type)
      note(name, type, records.map(presented), null)
      return records as string[][]
    } catch (error) {
      note(name, type, null, codeOf(error))
      throw error
    }
  }
  const records = async (name: string, type: string) => {
    try {
      return (await resolve(name, type)).map(presented)
    } catch (error) {
      if (isAbsence(codeOf(error))) return []
      throw new DnsFailure(
        `Expected an answer for ${type} ${name}, saw ${codeOf(error)}; is the name server up?`,
      )
    }
  }
  return {
    resolve,
    records,
    txt: (name) => records(name, 'TXT'),
    answers,
    failures: () => answers.filter(({ error }) => error !== null && !isAbsence(error)),
  }
}

/** `EBADNAME`: a name that cannot exist has no records. */
function isAbsence(code: string): boolean {
  return code === 'ENOTFOUND' || code === 'ENODATA' || code === 'EBADNAME'
}

function codeOf(error: unknown): string {
  return error instanceof Error ? ((error as NodeJS.ErrnoException).code ?? error.message) : String(error)
}

function presented(record: unknown): string {
  if (Array.isArray(record)) return record.join('')
  if (typeof record === 'object' && record !== null && 'exchange' in record && 'priority' in record)
    return `${record.priority} ${record.exchange}`
  return String(record)
}
