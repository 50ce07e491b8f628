import { createWriteStream, mkdirSync } from 'node:fs'
import path from 'node:path'
import { createRedactor } from '../profile/redact.ts'
import { type Announcement, readAnnouncement } from './announcement.ts'

/** What a program under a driver says. */
export interface TargetLog {
  /** Takes output as it comes. */
  write(chunk: string | Uint8Array): void
  /** What is never to be written down. */
  hide(name: string, value: string): void
  /** Text without it, for what is said elsewhere. */
  redact(text: string): string
  /** The first announcement in it. */
  readonly announced: Promise<Announcement>
  /** Its last lines, without secrets. */
  tail(): string
  close(): Promise<void>
}

const maximumFile = 8 * 1024 * 1024
const maximumLine = 256 * 1024
const tailLines = 12
const tailLine = 300

/** Writes `<out>/logs/<name>.log`, or nothing where `out` is `null`; secrets masked, announcements left out. */
export function openLog(out: string | null, name: string): TargetLog {
  const file = out === null ? null : stream(path.join(out, 'logs', `${name}.log`))
  const redactor = createRedactor()
  const announced = Promise.withResolvers<Announcement>()
  const last: string[] = []
  let written = 0
  let pending = ''

  const line = (text: string) => {
    const announcement = readAnnouncement(text)
    if (announcement !== null) {
      for (const [variable, value] of Object.entries(announcement.exports)) redactor.learn(variable, value)
      announced.resolve(announcement)
    }
    const shown =
      announcement === null
        ? redactor.redact(text)
        : `(an announcement of ${Object.keys(announcement.exports).length} variables and ${announcement.records.length} DNS records)`
    last.push(shown.slice(0, tailLine))
    if (last.length > tailLines) last.shift()
    written += shown.length
    if (written <= maximumFile) file?.write(`${shown}\n`)
  }

  return {
    announced: announced.promise,
    hide: (variable, value) => void redactor.learn(variable, value),
    redact: redactor.redact,
    write(chunk) {
      const lines = (
        pending + (typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8'))
      ).split('\n')
      pending = (lines.pop() ?? '').slice(-maximumLine)
      for (const each of lines) line(each.replace(/\r$/, ''))
    },
    tail: () => last.join('\n'),
    async close() {
      if (pending !== '') line(pending)
      pending = ''
      await new Promise<void>((resolve) => (file === null ? resolve() : file.end(resolve)))
    },
  }
}

function stream(file: string) {
  mkdirSync(path.dirname(file), { recursive: true })
  // A full disk costs the log, not the run.
  return createWriteStream(file).on('error', () => {})
}
