import path from 'node:path'
import { isMap, isSeq, LineCounter, type Node, parseDocument } from 'yaml'
import { readBounded } from '../bounded-file.ts'
import { isObject } from '../json.ts'
import { UsageError } from '../obstacles.ts'
import { didYouMean } from '../profile/nearest.ts'

/** A service as the file of a fleet names it. */
export interface FleetEntry {
  readonly name: string
  /** Absolute path of its report.json. */
  readonly report: string
  /** Absolute path of its profile, whose target the report must be of. */
  readonly profile: string | null
  readonly owner: string | null
  /** Days after which its report says nothing any more. */
  readonly maximumAge: number
}

/** Bytes, and services. */
const [largest, most] = [1024 * 1024, 1000]
/** Days, where the file says nothing. */
const defaultAge = 30
const serviceKeys = ['name', 'report', 'profile', 'owner', 'maximumAge']
const fileKeys = ['services', 'maximumAge']

/** The services of a fleet. Throws UsageError with each mistake and its line. */
export async function readFleet(file: string): Promise<FleetEntry[]> {
  const lines = new LineCounter()
  const document = parseDocument(await textOf(file), { lineCounter: lines })
  const mistakes: string[] = []
  const complain = (node: unknown, place: string, says: string) => {
    const { line } = lines.linePos((node as Node | null | undefined)?.range?.[0] ?? 0)
    mistakes.push(`${file}:${line} ${place}: ${says}`)
  }
  for (const { message, pos } of document.errors)
    mistakes.push(
      `${file}:${lines.linePos(pos[0]).line} expected YAML; seen ${message.split('\n')[0]}; correct it`,
    )
  if (mistakes.length > 0) throw new UsageError(mistakes.join('\n'))

  const root = document.contents
  const said: unknown = document.toJS({ maxAliasCount: 100 })
  const services = isMap(root) ? root.get('services', true) : null
  if (!isObject(said) || !isSeq(services) || services.items.length === 0)
    throw new UsageError(
      `${file}:1 expected a list services, each with a name and a report; seen none; write one`,
    )
  if (services.items.length > most)
    throw new UsageError(
      `${file}: expected at most ${most} services; seen ${services.items.length}; split the file`,
    )
  for (const key of Object.keys(said).filter((each) => !fileKeys.includes(each)))
    complain(
      root,
      key,
      `expected one of ${fileKeys.join(', ')}; seen ${short(key)}${didYouMean(key, fileKeys)}`,
    )
  const ageOf = (value: unknown, node: unknown, place: string, otherwise: number) => {
    if (value === undefined || value === null) return otherwise
    if (typeof value === 'number' && value > 0 && value < 100_000) return value
    complain(node, place, `expected days, a number above 0; seen ${short(value)}; correct it`)
    return otherwise
  }
  const age = ageOf(said['maximumAge'], root, 'maximumAge', defaultAge)

  const names = new Set<string>()
  const entries = (said['services'] as unknown[]).flatMap((service, at): FleetEntry[] => {
    const node: unknown = services.items[at]
    const place = `services.${at}`
    if (!isObject(service)) {
      complain(node, place, `expected a name and a report; seen ${short(service)}; write them`)
      return []
    }
    const nodeOf = (key: string) => (isMap(node) ? (node.get(key, true) ?? node) : node)
    for (const key of Object.keys(service).filter((each) => !serviceKeys.includes(each)))
      complain(
        node,
        `${place}.${key}`,
        `expected one of ${serviceKeys.join(', ')}; seen ${short(key)}${didYouMean(key, serviceKeys)}`,
      )
    const text = (key: string, needed: boolean): string | null => {
      const value = service[key]
      if (typeof value === 'string' && value.trim() !== '') return value
      if (needed || (value !== undefined && value !== null))
        complain(nodeOf(key), `${place}.${key}`, `expected a text; seen ${short(value)}; write it`)
      return null
    }
    const resolved = (value: string | null) =>
      value === null ? null : path.resolve(path.dirname(file), value)
    const [name, report] = [text('name', true), resolved(text('report', true))]
    if (name !== null && names.has(name))
      complain(
        nodeOf('name'),
        `${place}.name`,
        `expected each name once; seen ${short(name)} again; tell them apart`,
      )
    names.add(name ?? '')
    const maximumAge = ageOf(service['maximumAge'], nodeOf('maximumAge'), `${place}.maximumAge`, age)
    const [profile, owner] = [resolved(text('profile', false)), text('owner', false)]
    return name === null || report === null ? [] : [{ name, report, profile, owner, maximumAge }]
  })
  if (mistakes.length > 0) throw new UsageError(mistakes.slice(0, 20).join('\n'))
  return entries
}

async function textOf(file: string): Promise<string> {
  const bytes = await readBounded(file, largest).catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(
      `fleet: expected a YAML file with a list services; seen ${file} (${error.code ?? error.message}); name another`,
    )
  })
  if (bytes === null)
    throw new UsageError(`${file}: expected at most ${largest} bytes; seen more; split the file`)
  return bytes.toString('utf8')
}

function short(value: unknown): string {
  return value === undefined ? 'nothing' : (JSON.stringify(value) ?? String(value)).slice(0, 60)
}
