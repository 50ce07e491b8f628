import path from 'node:path'
import { sentence } from '../../reports/visible.ts'
import { closeApi, createApi } from '../api/api.ts'
import { createBudget } from '../api/budget.ts'
import { type CleanUp, cleanUp, type Leftover } from '../api/cleanup.ts'
import type { Intent } from '../api/journal.ts'
import { createReach } from '../api/reach.ts'
import type { Owner } from '../drivers/owner.ts'
import { operations } from '../profile/operations.ts'
import type { Profile, ProfileDocument } from '../profile/profile.ts'
import type { SandboxAddress } from '../sandbox/sandbox.ts'
import { createJournalFile, type JournalFile } from './journal-file.ts'

/** What was taken back, and lines for the user about what was not. */
export interface Cleaned {
  readonly taken: number
  readonly left: readonly string[]
  /** Who takes back himself what he has made there. */
  readonly others: readonly Owner[]
}

/** What runs make at a target, and how it is taken back. */
export interface Cleaning {
  readonly journal: JournalFile
  /** Who takes back what the call makes signs in now: checks of sign-in limits may lock everybody out for a while. */
  signIn(intent: Intent): void
  /** Takes back what runs have left that were killed. */
  takeOver(): Promise<Cleaned>
  /** Takes back all that is in the journal. */
  cleanUp(): Promise<Cleaned>
  /** Nothing more is made or taken back. */
  close(): Promise<void>
}

/** After an interrupt, for what is on its way: milliseconds. What is not done by then stays in the journal. */
const grace = 3000
const mostNamed = 3
const mostLines = 10

/** Whatever is left of a run's budget; an interrupt by `signal` ends it soon. */
export function createCleaning(
  document: ProfileDocument,
  profile: Profile,
  { zone, ca }: Pick<SandboxAddress, 'zone'> & { readonly ca?: string },
  signal?: AbortSignal,
): Cleaning {
  // A program that a run starts may say itself on which port it is to be found.
  const url = document.comesUp === 'external' ? profile.target.url : document.data.target.url
  const journal = createJournalFile(`${document.file}\n${url}`)
  const { perSecond } = profile.budget ?? {}
  const take = createBudget(perSecond === undefined ? {} : { perSecond })
  const api = createApi({ profile, reach: createReach({ profile, zone, take }), ca, check: 'clean-up' })
  const signedIn = new Set<string | null>()

  const clean = async (): Promise<CleanUp> =>
    cleanUp(api, journal.entries(), { done: journal.done, stop: graceAfter(signal) })
  const told = ({ taken, left }: CleanUp): Cleaned => ({
    taken,
    left: leftLines(left, journal.staying(), api.redact, document.file),
    others: journal.others(),
  })
  return {
    journal,
    signIn({ operation, input, principal }) {
      const undo = profile.operations[profile.operations[operation]?.undo?.operation ?? '']
      if (undo === undefined) return
      for (const who of new Set([principal, undo.as])) {
        if (who === null || signedIn.has(who)) continue
        signedIn.add(who)
        // What is wrong with it shows when it is needed.
        api.prepare(undo.name, input, who).catch(() => {})
      }
    },
    async takeOver() {
      return told(journal.takeOver() === 0 ? { taken: 0, left: [] } : await clean())
    },
    cleanUp: async () => told(await clean()),
    async close() {
      journal.close()
      await closeApi(profile)
    },
  }
}

/** Aborts a while after `signal` did. */
function graceAfter(signal: AbortSignal | undefined): AbortSignal {
  const controller = new AbortController()
  const start = () => void setTimeout(() => controller.abort(), grace).unref()
  if (signal?.aborted === true) start()
  else signal?.addEventListener('abort', start, { once: true })
  return controller.signal
}

/** What a target calls its objects is hostile, and may be long. */
export function leftLines(
  left: readonly Leftover[],
  staying: ReadonlyMap<string, number>,
  redact: (text: string) => string,
  file: string,
): string[] {
  const groups = Map.groupBy(left, ({ entry, reason }) => {
    const sure = entry.undo === null ? 'perhaps ' : ''
    return `${sure}# of ${entry.operation}: ${sentence(redact(reason), 400)}`
  })
  const lines = [...groups].map(([what, group]) => {
    const names = group.slice(0, mostNamed).map(({ entry: { undo, marks } }) => {
      const name = undo === null ? marks[0] : Object.values(undo.input).join(' ')
      return sentence(redact(name ?? 'unnamed'), 80)
    })
    const more = group.length > mostNamed ? ` and ${group.length - mostNamed} more` : ''
    return `left behind: ${what.replace('#', count(group.length))} (${names.join(', ')}${more})`
  })
  const bounded = lines.slice(0, mostLines)
  if (lines.length > mostLines) bounded.push(`left behind: … ${lines.length - mostLines} more such lines`)
  const undone = path.relative(process.cwd(), file)
  return [
    ...bounded,
    ...(left.some(({ never }) => !never)
      ? [`postern clean --target ${undone} takes them back, and the next run tries to`]
      : []),
    ...[...staying].map(([operation, number]) => {
      const wanted = operations[operation]?.undo?.operation ?? 'by an undo of it'
      return `left behind: ${count(number)} of ${operation}: the profile names no call that takes them back, such as ${wanted}`
    }),
  ]
}

export function count(objects: number): string {
  return `${objects} object${objects === 1 ? '' : 's'}`
}
