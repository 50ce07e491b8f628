/**
 * `npm run measure:init -- [--documents DIR] [--document NAME]`: what init guesses of public documents of email APIs, beside what
 * somebody who knows our words makes of them (fixtures/openapi/expectations.yaml). The documents are read from a folder,
 * or else from where they are public. Exits 1 below the aims, 3 for what is asked wrongly.
 */
import { createHash } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { sentence } from '../../reports/visible.ts'
import { parseOpenApi } from '../api/openapi.ts'
import { didYouMean } from '../profile/nearest.ts'
import {
  type Expectation,
  guessesOf,
  type Judged,
  judged,
  percent,
  readExpectations,
  unknownCalls,
} from './expectations.ts'
import { guessProfile } from './first-profile.ts'

/** Percent: of the guesses without UNSURE those that are right, of the operations there are those that were found. */
const aims = { precision: 95, recall: 85 }
const largest = 10 * 1024 * 1024
/** Milliseconds. */
const patience = 30_000

function askedWrongly(message: string): never {
  console.error(message)
  process.exit(3)
}

function flags() {
  try {
    const { values } = parseArgs({
      options: { documents: { type: 'string' }, document: { type: 'string', multiple: true } },
    })
    return values
  } catch (error) {
    return askedWrongly((error as Error).message)
  }
}

/** The text of a document, or why it cannot be had. */
async function textOf(name: string, { source }: Expectation, folder: string | undefined) {
  try {
    if (folder !== undefined) return { text: await readFile(path.join(folder, name), 'utf8') }
    if (!('repository' in source))
      return { why: `it is in a package, ${source.package}: name a folder with --documents` }
    const url = `https://raw.githubusercontent.com/${source.repository}/${source.commit}/${source.path}`
    const answer = await fetch(url, { signal: AbortSignal.timeout(patience) })
    if (!answer.ok) return { why: `${url} was answered ${answer.status}` }
    const text = await answer.text()
    return text.length > largest ? { why: `${url} is too large` } : { text }
  } catch (error) {
    return { why: sentence((error as Error).message, 200) }
  }
}

const asked = flags()
if (asked.documents !== undefined && !(await stat(asked.documents).catch(() => null))?.isDirectory())
  askedWrongly(`--documents: expected a folder; seen ${asked.documents}; name that which holds the documents`)
const table = await readExpectations()
for (const name of asked.document ?? [])
  if (!(name in table))
    askedWrongly(`--document: no ${name} in the table${didYouMean(name, Object.keys(table))}`)

const shown = (value: number | null) => (value === null ? '    -' : `${value.toFixed(0).padStart(4)}%`)
const width = Math.max(...Object.keys(table).map((name) => name.length), 'document'.length)

function row(name: string, { expected, sure, unsure, missed }: Omit<Judged, 'wrong'>): string {
  const found = expected - missed.length
  const counts = [expected, found, sure.right, sure.wrong, unsure.right, unsure.wrong]
  return [
    name.padEnd(width),
    ...counts.map((count) => String(count).padStart(7)),
    shown(percent(sure.right, sure.wrong)).padStart(10),
    shown(percent(found, missed.length)).padStart(7),
  ].join(' ')
}

const head = ['there', 'found', 'right', 'wrong', 'UNSURE', 'wrong'].map((word) => word.padStart(7))
console.log([' '.repeat(width), ...head, 'precision', ' recall'].join(' '))
const all: Judged[] = []
const remarks: string[] = []
for (const [name, expectation] of Object.entries(table)) {
  if (asked.document?.includes(name) === false) continue
  const { text, why } = await textOf(name, expectation, asked.documents)
  if (text === undefined) {
    remarks.push(`${name}: skipped: ${why}`)
    continue
  }
  const document = parseOpenApi(text, name)
  const changed = createHash('sha256').update(text).digest('hex') !== expectation.sha256
  const judgement = judged(expectation, guessesOf(guessProfile(document)))
  all.push(judgement)
  console.log(`${row(name, judgement)}${changed ? '  another text than that which was judged' : ''}`)
  for (const call of unknownCalls(expectation, document))
    remarks.push(`${name}: the table names ${call}, which it has not`)
  for (const { operation, guessed, unsure } of judgement.wrong) {
    const right = expectation.operations[operation]
    remarks.push(
      `${name}: ${unsure ? 'wrong, UNSURE' : 'wrong'}: ${operation} is ${sentence(guessed, 120)}; ${right === undefined ? 'it has none' : `it is ${[right].flat().join(' or ')}`}`,
    )
  }
  for (const operation of judgement.missed)
    if (!judgement.wrong.some((wrong) => wrong.operation === operation))
      remarks.push(
        `${name}: missed: ${operation}, ${[expectation.operations[operation] ?? []].flat().join(' or ')}`,
      )
}

const sum = (of: (one: Judged) => number) => all.reduce((total, one) => total + of(one), 0)
const total = {
  expected: sum(({ expected }) => expected),
  sure: { right: sum(({ sure }) => sure.right), wrong: sum(({ sure }) => sure.wrong) },
  unsure: { right: sum(({ unsure }) => unsure.right), wrong: sum(({ unsure }) => unsure.wrong) },
  missed: all.flatMap(({ missed }) => missed),
}
console.log(`${row(`${all.length} documents`, total)}\n\n${remarks.join('\n')}`)
const precision = percent(total.sure.right, total.sure.wrong) ?? 0
const recall = percent(total.expected - total.missed.length, total.missed.length) ?? 0
const held = precision >= aims.precision && recall >= aims.recall
console.log(
  `\n${held ? 'held' : 'NOT HELD'}: precision of what is not marked ${precision.toFixed(1)} % of ${aims.precision}, recall ${recall.toFixed(1)} % of ${aims.recall}`,
)
process.exitCode = held ? 0 : 1
