import { EventEmitter } from 'node:events'
import { createWriteStream, mkdirSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import escapeStringRegexp from 'escape-string-regexp'
import type { LogFindings } from '../check/log.ts'
import { createRedactor, type Piece } from '../profile/redact.ts'
import type { Secret } from '../profile/shape.ts'
import { type Announcement, readAnnouncement } from './announcement.ts'

/** What a program under a driver says. */
export interface TargetLog {
  /** Takes output as it comes. */
  write(chunk: string | Uint8Array): void
  /** What is never to be written down; where it was already, it is masked at the end. */
  hide(name: string, value: string): void
  /** Text without it, for what is said elsewhere. */
  redact(text: string): string
  /** The first announcement in it. */
  readonly announced: Promise<Announcement>
  /**
   * Looks for them in its last megabytes, and hides them from then on. What stands in a query behind one of these words is not
   * looked at.
   */
  find(secrets: readonly Secret[], overlooked?: readonly string[]): LogFindings
  /** Resolves with whether a line holds the text, or comes that does within so many milliseconds. */
  shows(text: string, within: number): Promise<boolean>
  /** Its last lines, without secrets. */
  tail(): string
  close(): Promise<void>
}

/** As it came; of an announcement nothing but what it says. */
interface Line {
  readonly text: string
  readonly announcement: Announcement | null
}

/** UTF-16 code units: of a file its first ones, and the last ones for who looks for secrets. */
const maximumSize = 8 * 1024 * 1024
const maximumLine = 256 * 1024
const tailLines = 12
const tailLine = 300

/** Writes `<out>/logs/<name>.log`, or nothing where `out` is `null`; secrets masked, announcements left out. */
export function openLog(out: string | null, name: string): TargetLog {
  const place = out === null ? null : path.join(out, 'logs', `${name}.log`)
  const file = place === null ? null : stream(place)
  const redactor = createRedactor()
  const announced = Promise.withResolvers<Announcement>()
  /** Those in the file, as they came: what was masked for one secret may hide another that is known only later. */
  const first: Line[] = []
  const last: Line[] = []
  const said: string[] = []
  const came = new EventEmitter().setMaxListeners(0)
  let kept = 0
  /** In the file something may stand that was not yet known for a secret when it was written. */
  let late = false
  let written = 0
  let pending = ''

  const keep = (text: string) => {
    said.push(text)
    kept += text.length
    while (kept > maximumSize) kept -= said.shift()?.length ?? kept
    came.emit('line', text)
  }
  const shown = ({ text, announcement }: Line) =>
    announcement === null
      ? masked(text, redactor.redact)
      : `(an announcement of ${Object.keys(announcement.exports).length} variables and ${announcement.records.length} DNS records)`
  const line = (text: string) => {
    const announcement = readAnnouncement(text)
    if (announcement !== null) {
      for (const [variable, value] of Object.entries(announcement.exports)) redactor.learn(variable, value)
      announced.resolve(announcement)
    }
    if (announcement === null) keep(text)
    const next = { text: announcement === null ? text : '', announcement }
    last.push(next)
    if (last.length > tailLines) last.shift()
    if (file === null || written > maximumSize) return
    written += text.length
    first.push(next)
    file.write(`${shown(next)}\n`)
  }

  return {
    announced: announced.promise,
    hide(variable, value) {
      redactor.learn(variable, value)
      late ||= written > 0
    },
    redact: redactor.redact,
    write(chunk) {
      const lines = (
        pending + (typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8'))
      ).split('\n')
      pending = (lines.pop() ?? '').slice(-maximumLine)
      for (const each of lines) line(each.replace(/\r$/, ''))
    },
    find(secrets, overlooked = []) {
      const seen = withoutWords(overlooked)
      const search = createRedactor()
      const names = new Map(secrets.map(({ name, value }) => [search.learn(name, value), name]))
      for (const { name, value } of secrets) redactor.learn(name, value)
      const found = new Map<string, { lines: number; readonly first: string }>()
      for (const text of [...said, pending])
        for (const variable of variablesIn(search.pieces(`${seen(text)}${inBytes(text)}`))) {
          const name = names.get(variable)
          if (name === undefined) continue
          const { lines, first } = found.get(name) ?? { lines: 0, first: masked(text, redactor.redact) }
          found.set(name, { lines: lines + 1, first })
          late = true
        }
      return { lines: said.length, held: [...found].map(([name, held]) => ({ name, ...held })) }
    },
    async shows(text, within) {
      if (said.some((each) => each.includes(text))) return true
      return new Promise((resolve) => {
        const end = (shown: boolean) => {
          clearTimeout(timer)
          came.off('line', look)
          resolve(shown)
        }
        const look = (each: string) => {
          if (each.includes(text)) end(true)
        }
        const timer = setTimeout(() => end(false), within)
        came.on('line', look)
      })
    },
    tail: () => last.map((each) => shown(each).slice(0, tailLine)).join('\n'),
    async close() {
      if (pending !== '') line(pending)
      pending = ''
      await new Promise<void>((resolve) => (file === null ? resolve() : file.end(resolve)))
      // A full disk costs the log, and no secret.
      if (late && place !== null)
        await writeFile(
          place,
          first.map((each) => `${shown(each)}\n`),
        ).catch(() => rm(place, { force: true }))
    },
  }
}

/** Bytes one by one, as Node shows a buffer, and as Go and JSON have a list of them. */
const listsOfBytes = [
  /(?:\b[0-9a-f]{2} ){7,}[0-9a-f]{2}\b/gi,
  /(?:\b\d{1,3}(?:, ?| )){7,}\d{1,3}\b/g,
] as const

/** What the lists of bytes in a line say, in text; `''` where there is none. */
function inBytes(text: string): string {
  const [hex, decimal] = listsOfBytes.map((list) => [...text.matchAll(list)].map(([bytes]) => bytes))
  return [
    ...(hex ?? []).map((bytes) => Buffer.from(bytes.replaceAll(' ', ''), 'hex')),
    ...(decimal ?? []).map((bytes) => Buffer.from(bytes.split(/, ?| /).map(Number))),
  ]
    .map((bytes) => `\n${bytes.toString('latin1')}`)
    .join('')
}

/** A line without what stands in its queries behind these words, as the URL has it or, as some write it beside that, in JSON. */
function withoutWords(words: readonly string[]): (line: string) => string {
  if (words.length === 0) return (line) => line
  const any = words.map(escapeStringRegexp).join('|')
  const inUrl = new RegExp(`([?&](?:${any})=)[^&\\s"'<>]*`, 'gi')
  const inJson = new RegExp(`("query":\\{"(?:${any})":)"[^"]*"`, 'gi')
  return (line) => line.replace(inUrl, '$1').replace(inJson, '$1""')
}

/** The line without secrets, and without its lists of bytes where one stands there. */
function masked(text: string, redact: (text: string) => string): string {
  const bytes = inBytes(text)
  if (redact(bytes) === bytes) return redact(text)
  return redact(listsOfBytes.reduce((line, list) => line.replace(list, '(bytes of a secret)'), text))
}

/** The signature of a token is worth the token. */
function variablesIn(pieces: readonly Piece[]): Set<string> {
  return new Set(
    pieces.flatMap((piece) => ('variable' in piece ? [piece.variable.replace(/_SIGNATURE$/, '')] : [])),
  )
}

function stream(file: string) {
  mkdirSync(path.dirname(file), { recursive: true })
  // A full disk costs the log, not the run.
  return createWriteStream(file).on('error', () => {})
}
