import path from 'node:path'
import { sentence } from '../../reports/visible.ts'
import { type ApiOptions, closeApi, createApi } from '../api/api.ts'
import { createBudget } from '../api/budget.ts'
import { type CleanUp, cleanUp, type Leftover } from '../api/cleanup.ts'
import type { Entry, Intent } from '../api/journal.ts'
import type { Inbox } from '../api/mailed-code.ts'
import { madeBy } from '../api/making.ts'
import { createReach } from '../api/reach.ts'
import type { Input } from '../api/request.ts'
import { programFolder } from '../drivers/driver.ts'
import type { Owner } from '../drivers/owner.ts'
import type { Addresses } from '../pinned-lookup.ts'
import { operations } from '../profile/operations.ts'
import type { Profile, ProfileDocument } from '../profile/profile.ts'
import type { SandboxAddress } from '../sandbox/sandbox.ts'
import { inTurn } from './in-turn.ts'
import { createJournalFile, type JournalFile } from './journal-file.ts'

/** What was taken back, and lines for the user about what was not. */
export interface Cleaned {
  readonly taken: number
  readonly left: readonly string[]
  /** How many objects those are, perhaps. */
  readonly objects: number
  /** Some of it may stand nowhere but in those lines. */
  readonly lost: boolean
}

export interface TakenBack extends Cleaned {
  /** Who takes back himself what he has made there. */
  readonly others: readonly Owner[]
  /** Lines about journals that cannot be read. */
  readonly unread: readonly string[]
  /** Of which runs. */
  readonly whose: string
}

/** What runs make at a target, and how it is taken back. */
export interface Cleaning {
  readonly journal: JournalFile
  /** Who takes back what the call makes signs in now: checks of sign-in limits may lock everybody out for a while. */
  signIn(intent: Intent): void
  /** Takes back what runs have left that were killed. Throws UsageError where that cannot be looked at. */
  takeOver(): Promise<TakenBack>
  /** Takes back all that is in the journal. */
  cleanUp(): Promise<Cleaned>
  /** The target has accepted mail for these. */
  mailed(recipients: readonly string[]): void
  /** For how many of them none has arrived; none where nobody could see it. */
  underway(arrived: (recipient: string) => boolean): number
  /** Nothing more is made or taken back. */
  close(): Promise<void>
}

/** After an interrupt, for what is on its way: milliseconds. What is not done by then stays in the journal. */
const grace = 3000
const mostNamed = 3
const plainAddress = /^[\w.+-]+@[\w.-]+$/
const mostLines = 10

/**
 * Whatever is left of a run's budget; an interrupt by `signal` ends it soon. `learned` is told of the secrets that the target
 * gives out meanwhile.
 */
export function createCleaning(
  document: ProfileDocument,
  profile: Profile,
  {
    zone,
    ca,
    addresses = {},
    inbox,
  }: Pick<SandboxAddress, 'zone'> & { ca?: string; addresses?: Addresses; inbox?: Inbox },
  signal?: AbortSignal,
  learned?: ApiOptions['learned'],
): Cleaning {
  // A program that a run starts may say itself on which port it is to be found.
  const url = document.comesUp === 'external' ? profile.target.url : document.data.target.url
  const journal = createJournalFile(targetKey(document, url))
  const { perSecond } = profile.budget ?? {}
  const take = createBudget(perSecond === undefined ? {} : { perSecond })
  const api = createApi({
    profile,
    reach: createReach({ profile, zone, take, addresses }),
    ca,
    learned,
    inbox,
    check: 'clean-up',
  })
  const signedIn = new Set<string | null>()
  const accepted = new Set<string>()

  const clean = async (): Promise<CleanUp> =>
    cleanUp(api, journal.entries(), { done: journal.done, stop: graceAfter(signal) })
  const told = ({ taken, left }: CleanUp): Cleaned => {
    const unwritten = left.some(({ never }) => !never) ? journal.unwritten() : null
    const lines = leftLines(left, journal.staying(), api.redact, unwritten === null ? document.file : null)
    const staying = [...journal.staying().values()].reduce((sum, number) => sum + number, 0)
    return {
      taken,
      objects: left.length + staying,
      left: unwritten === null ? lines : [...lines, `postern clean may not know of all of it: ${unwritten}`],
      lost: unwritten !== null,
    }
  }
  return {
    journal,
    signIn({ operation, input, principal }) {
      const undo = profile.operations[madeBy(profile, operation)?.undo?.operation ?? '']
      if (undo === undefined) return
      for (const who of new Set([principal, undo.as])) {
        if (who === null || signedIn.has(who)) continue
        signedIn.add(who)
        // What is wrong with it shows when it is needed.
        api.outline(undo.name, input, who).catch(() => {})
      }
    },
    async takeOver() {
      const { entries, unread } = journal.takeOver()
      const others = journal.others()
      return {
        ...told(entries === 0 ? { taken: 0, left: [] } : await clean()),
        others,
        unread: atMost(
          mostLines,
          unread.map((line) => sentence(line)),
        ),
        whose: sentence(api.redact(`runs against ${document.data.name} at ${url}`)),
      }
    },
    cleanUp: async () => told(await clean()),
    mailed(recipients) {
      // Of a hostile one nobody knows whom it meant.
      for (const to of recipients.filter((each) => plainAddress.test(each))) accepted.add(to)
    },
    underway: (arrived) =>
      profile.mail.recipients === undefined ? 0 : [...accepted].filter((to) => !arrived(to)).length,
    close: async () => inTurn(journal.close, () => closeApi(profile)),
  }
}

/**
 * What tells a target from others, wherever its profile lies: its name and URL, and of a program the folder in which it runs,
 * since two checkouts may each have one.
 */
export function targetKey(document: ProfileDocument, url: string): string {
  return [document.data.name, url, programFolder(document) ?? ''].join('\n')
}

/** Aborts a while after `signal` did. */
function graceAfter(signal: AbortSignal | undefined): AbortSignal {
  const controller = new AbortController()
  const start = () => void setTimeout(() => controller.abort(), grace).unref()
  if (signal?.aborted === true) start()
  else signal?.addEventListener('abort', start, { once: true })
  return controller.signal
}

/** What a target calls its objects is hostile, and may be long. `file`: the profile whose runs know of it. */
export function leftLines(
  left: readonly Leftover[],
  staying: ReadonlyMap<string, number>,
  redact: (text: string) => string,
  file: string | null,
): string[] {
  // What the target says beside a status may differ for each: the first tells of all.
  const groups = Map.groupBy(left, ({ entry, reason }) =>
    [entry.undo === null, entry.operation, reason.replace(/“.*”/s, '')].join(' '),
  )
  const lines = [...groups.values()].map((group) => {
    const names = group.slice(0, mostNamed).map(({ entry }) => sentence(redact(nameOf(entry)), 80))
    const more = group.length > mostNamed ? ` and ${group.length - mostNamed} more` : ''
    const [first] = group
    const sure = first?.entry.undo === null ? 'perhaps ' : ''
    const what = `${sure}${count(group.length)} of ${first?.entry.operation}`
    return `left behind: ${what}: ${sentence(redact(first?.reason ?? ''), 400)} (${names.join(', ')}${more})`
  })
  return [
    ...atMost(mostLines, lines),
    ...(file !== null && left.some(({ never }) => !never)
      ? [
          `postern clean --target ${path.relative(process.cwd(), file)} takes them back, and the next run tries to`,
        ]
      : []),
    ...[...staying].map(([operation, number]) => {
      const wanted = operations[operation]?.undo?.operation ?? 'by an undo of it'
      return `left behind: ${count(number)} of ${operation}: the profile names no call that takes them back, such as ${wanted}`
    }),
  ]
}

/** By what takes it back, by its mark, or by what its maker called it. */
function nameOf({ undo, marks, input }: Entry): string {
  const words = undo === null ? (marks[0] ?? textOf(input)) : textOf(undo.input)
  return words === '' ? 'unnamed' : words
}

function textOf(input: Input): string {
  return Object.values(input)
    .map((value) => (typeof value === 'string' ? value : JSON.stringify(value)))
    .join(' ')
}

function atMost(most: number, lines: readonly string[]): string[] {
  const more = lines.length - most
  return more <= 0 ? [...lines] : [...lines.slice(0, most), `left behind: … ${more} more such lines`]
}

export function count(objects: number): string {
  return `${objects} object${objects === 1 ? '' : 's'}`
}
