import { hostname } from 'node:os'
import { verdictWords } from '../../reports/wording.ts'
import { obstacleOf } from '../check/obstacle.ts'
import type { Reach } from '../model.ts'
import { type Profile, type ProfileDocument, readProfile, resolveProfile } from '../profile/profile.ts'
import { createRedactor } from '../profile/redact.ts'
import { isSubmissionAlone } from '../profile/submission-alone.ts'
import { limitsOf } from '../zap/limits.ts'
import { assertSelection, collectChecks, type Listed } from './checks.ts'
import { amounts, comparisons, expectedOf, expectedOfAll } from './expected.ts'
import { countedFurther } from './further.ts'
import { readProofs } from './proofs.ts'
import { profileFile } from './reference-profile.ts'
import { unsetIn, unsetOf } from './unset.ts'
import { reachOf, type WorldOptions } from './world.ts'

/**
 * Says what a run would send, to whom and as whom. Sends nothing. Throws ProfileError and UsageError.
 */
export async function plan(
  options: WorldOptions & { suite?: readonly string[]; check?: readonly string[] },
): Promise<0> {
  const only = await assertSelection(options)
  const document = await readProfile(profileFile(options.target))
  const { data } = document
  const reach = reachOf(document, options.reach)
  const profile = await resolveProfile(document, process.env, { standIns: true })
  const { redact } = createRedactor(profile.secrets)
  const [checks, proofs] = await Promise.all([collectChecks(only), readProofs()])

  console.log(
    `target      ${data.name}, ${isSubmissionAlone(data) ? 'a submission service, ' : ''}${document.comesUp === 'external' ? redact(asSet(data.target.url, profile.target.url)) : `${document.comesUp}: started by the run on loopback`}`,
  )
  console.log(`reach       ${reach}`)
  console.log(`as          ${callersOf(profile).join(', ')}`)
  console.log(
    `mail        from ${document.comesUp === 'external' || !data.mail.from.includes('${') ? asSet(data.mail.from, profile.mail.from) : 'a domain in the sandbox'}, to the sandbox on ${hostname()} alone`,
  )
  if (profile.zap !== undefined) console.log(`zap         ${zapLine(profile.zap, profile, reach, document)}`)
  const unset = unsetOf(document)
  if (unset !== null) console.log(`unset       ${unset}`)
  const operations = Object.keys(profile.operations).length
  console.log(
    `operations  ${isSubmissionAlone(data) ? 'AUTH and mail by SMTP' : `${operations} of the profile${await countedFurther(document, profile)}`}\n`,
  )
  const width = Math.max(...checks.map(({ id }) => id.length))
  const counts = { run: 0, 'held-back': 0, 'not-applicable': 0 }
  const chosen: Listed[] = []
  for (const check of checks) {
    const obstacle = obstacleOf(check, profile, reach)
    const expected = expectedOf(proofs.get(check.id))
    if (obstacle === null) chosen.push(check)
    counts[obstacle?.verdict ?? 'run']++
    console.log(
      `${check.id.padEnd(width)}  ${obstacle === null ? [expected === null ? 'nobody has counted what it takes' : amounts(expected, profile), ...(check.needs.length > 0 ? [check.needs.join(', ')] : [])].join('; ') : `${verdictWords[obstacle.verdict].label}: ${obstacle.reason}`}`,
    )
  }
  const { run, 'held-back': held, 'not-applicable': without } = counts
  const total = expectedOfAll(chosen, proofs)
  console.log(
    `\n${run} of ${checks.length} checks, ${held} held back and ${without} not applicable; ${amounts(total, profile)}, by the count of the reference API: another target takes more or fewer; nothing was sent`,
  )
  for (const line of comparisons(total, profile)) console.log(line)
  return 0
}

/** Who submits, where nothing else is done. */
function callersOf(profile: Profile): string[] {
  const names = Object.keys(profile.principals)
  return isSubmissionAlone(profile)
    ? [profile.mail.submission?.username ?? 'nobody by name', ...names]
    : names
}

function zapLine(
  { principal = 'nobody', exclude = [] }: NonNullable<Profile['zap']>,
  profile: Profile,
  reach: Reach,
  { comesUp }: ProfileDocument,
): string {
  const { noActiveScan } = limitsOf(profile, { reach, comesUp, exclude })
  const active = noActiveScan === null ? 'attacks what it knows' : `attacks nothing: ${noActiveScan.message}`
  return `as ${principal}; looks at what it can read; ${active}`
}

/** A text of the profile as it is, where something would only stand in for what is not set. */
function asSet(text: string, filledIn: string): string {
  return unsetIn(text).length > 0 ? text : filledIn
}
