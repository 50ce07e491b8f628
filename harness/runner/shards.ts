import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { obstacleOf } from '../check/obstacle.ts'
import { type About, type Report, reaches, type Shard } from '../model.ts'
import { UsageError } from '../obstacles.ts'
import { hostAndPort, isLoopback } from '../profile/authorization.ts'
import { type Profile, type ProfileDocument, readProfile, resolveProfile } from '../profile/profile.ts'
import { variables } from '../profile/secrets.ts'
import { shardKey } from '../profile/share.ts'
import { isSubmissionAlone } from '../profile/submission-alone.ts'
import { isInBrowser, isOurs } from '../tree.ts'
import { checkFiles, collectChecks, type Listed, zapSuite } from './checks.ts'
import { expectedOfAll } from './expected.ts'
import { readProofs } from './proofs.ts'
import { profileFile } from './reference-profile.ts'
import { type Load, type Place, shareOf, spread } from './spread.ts'
import { version } from './version.ts'
import { type PlaceAmongShards, reachOf, type WorldOptions } from './world.ts'

const mostShards = 64

/** What one of several machines is to do. */
export interface Part {
  readonly shard: Shard
  readonly place: PlaceAmongShards
  /** Its checks by id, and the suite of ZAP where it has that. */
  readonly only: readonly string[]
  /** The same for all. */
  readonly seed: number
}

/** Which part of how many: `2/4`. Throws UsageError. */
export function placeIn(text: string): Place {
  const [, index = 0, of = 0] = (/^(\d{1,4})\/(\d{1,4})$/.exec(text) ?? []).map(Number)
  if (index >= 1 && index <= of && of <= mostShards) return { index, of }
  throw new UsageError(
    `--shard: expected i/n, the number of this machine and of how many, from 1/1 to ${mostShards}/${mostShards}; seen ${JSON.stringify(text.slice(0, 40))}${meantPlace(text)}`,
  )
}

function meantPlace(text: string): string {
  const [first = 0, second = 0, ...more] = (text.match(/\d{1,4}/g) ?? []).map(Number)
  const meant =
    second === 0 ? { index: 1, of: first } : { index: Math.min(first, second), of: Math.max(first, second) }
  // Indexes of Kubernetes and of lists begin at 0.
  const { index, of } = meant.index === 0 ? { ...meant, index: 1 } : meant
  const hint = first === 0 && second > 0 ? ' (they are counted from 1)' : ''
  return more.length > 0 || of < 1 || of > mostShards ? '' : `; did you mean ${index}/${of}?${hint}`
}

/**
 * The part of this machine, which each finds by itself: all begin with the same profile, checks, selection and earlier report. Throws UsageError
 * where they cannot share them, and ProfileError.
 */
export async function partOf(
  text: string,
  options: WorldOptions,
  selected: readonly string[],
  previous: Report | null,
  collect: (only: readonly string[]) => Promise<readonly Listed[]> = collectChecks,
): Promise<Part> {
  const { index, of } = placeIn(text)
  const document = await readProfile(profileFile(options.target))
  const profile = await resolveProfile(document, process.env, { standIns: true })
  const reach = reachOf(document, options.reach)
  const shared = isShared(document, profile)
  assertMailArrives(document, profile, shared && of > 1)

  const checks = await collect(selected)
  const zap = profile.zap !== undefined && (selected.length === 0 || selected.includes(zapSuite))
  const weigh = previous === null ? guessed(profile, reach) : measured(previous)
  const loads = checks.map(
    (about): Load => ({
      id: about.id,
      weight: weigh(about),
      // What is beyond the reach sends nothing.
      disturbs:
        (disturbs(about) && reaches.indexOf(about.reach) <= reaches.indexOf(reach)) ||
        (reach === 'disruptive' && failsMailOfAll(about, profile)),
      everywhere: about.looksBack === true,
    }),
  )
  const ofZap: Load = { id: zapSuite, weight: weigh(null), disturbs: true, everywhere: false }
  const { parts, last } = spread(zap ? [...loads, ofZap] : loads, of, shared)
  const only = parts[index - 1] ?? []

  const proofs = await readProofs()
  const amounts = parts.map((ids) =>
    expectedOfAll(
      ids.map((id) => ({ id })),
      proofs,
    ),
  )
  const share = shareOf(
    { budget: document.data.budget, inFlight: document.data.mail.inFlight },
    index,
    amounts,
  )
  const common = {
    ...{ version, profile: document.data, reach, parts, weaknesses: options.weakness ?? [] },
    checks: await checksByText(),
  }
  const digest = createHash('sha256').update(JSON.stringify(common)).digest('hex')
  return {
    shard: { index, of, digest, shared: shared && of > 1, last: last && index === of },
    place: { index, of, shared: shared && of > 1, share },
    only,
    seed: options.seed ?? Number.parseInt(digest.slice(0, 8), 16),
  }
}

/** Ours are of the version; what a user's own ones do stands in their files alone. */
async function checksByText(): Promise<readonly (readonly [id: string, text: string | null])[]> {
  return Promise.all(
    [...(await checkFiles())].map(
      async ([id, file]) => [id, isOurs(file) ? null : await readFile(file, 'utf8')] as const,
    ),
  )
}

/** It is alone for what it does to its target, or does what may have the target turn others away. */
function disturbs({ exclusive, showsBadCredentials }: About): boolean {
  return exclusive === true || showsBadCredentials === true
}

/** That a target tries again is seen at its Mailpit by having that fail, for everybody who uses it. */
function failsMailOfAll({ needs }: About, { mail }: Profile): boolean {
  return mail.recipients?.route === 'mailpit' && needs.includes('profile:policies.retry.within')
}

/** The machines attack one target, unless each starts its own, has it beside itself, or has a URL by its number. */
function isShared({ comesUp, data }: ProfileDocument, profile: Profile): boolean {
  if (comesUp !== 'external') return false
  const { url } = data.target
  const place = isSubmissionAlone(data) ? JSON.stringify(data.mail.submission) : url
  return !variables(place).includes(shardKey) && !isLoopback(hostAndPort(profile.target.url).host)
}

/**
 * Each machine has a sandbox of its own. What a target that all attack sends for one of them must come to that one: what came to another
 * would be missed, and its absence taken for a pass.
 */
function assertMailArrives({ data }: ProfileDocument, { mail }: Profile, shared: boolean): void {
  const { route } = mail.recipients ?? {}
  if (!shared || route === undefined) return
  const zone = data.sandbox?.zone
  const differs = zone !== undefined && variables(zone).includes(shardKey)
  if (differs || (route === 'mailpit' && zone === undefined)) return
  throw new UsageError(
    route === 'mailpit'
      ? `--shard: expected a zone for each machine, since all read one Mailpit; seen sandbox.zone ${zone}; take it out, or write \${${shardKey}} into it`
      : `--shard: expected the mail of each machine to come to its own sandbox; seen one target for all, and mail.recipients.route ${route} without \${${shardKey}} in sandbox.zone; have the target deliver what is below s\${${shardKey}}.YOUR-ZONE to the machine of that number and write that as sandbox.zone, have it hand all to one Mailpit (mail.recipients.route: mailpit), or give each machine a target of its own`,
  )
}

/** Checks, and ZAP as null, by what the last run took. What is new is taken to be as the others. */
function measured({ outcomes }: Report): (about: About | null) => number {
  const took = new Map<string, number>()
  for (const { check, judge, milliseconds } of outcomes) {
    const id = judge === null ? check : zapSuite
    took.set(id, (took.get(id) ?? 0) + milliseconds)
  }
  const mean = [...took.values()].reduce((sum, each) => sum + each, 0) / Math.max(1, took.size)
  return (about) => took.get(about?.id ?? zapSuite) ?? mean
}

/** Of a browser, of what waits for windows of limits, and of a scan: in checks. */
const heavier = { browser: 3, exclusive: 6, zap: 60 }

/** By what they say of themselves. */
function guessed(profile: Profile, reach: Report['reach']): (about: About | null) => number {
  return (about) => {
    if (about === null) return heavier.zap
    if (obstacleOf(about, profile, reach) !== null) return 0
    if (about.exclusive === true) return heavier.exclusive
    return isInBrowser(about.file) ? heavier.browser : 1
  }
}
