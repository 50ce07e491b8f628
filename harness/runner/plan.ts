import { hostname } from 'node:os'
import { verdictWords } from '../../reports/wording.ts'
import { obstacleOf } from '../check/obstacle.ts'
import type { Reach } from '../model.ts'
import { type Profile, type ProfileDocument, readProfile, resolveProfile } from '../profile/profile.ts'
import { createRedactor } from '../profile/redact.ts'
import { limitsOf } from '../zap/limits.ts'
import { assertSelection, collectChecks } from './checks.ts'
import { readProofs } from './proofs.ts'
import { referenceProfile, type WorldOptions } from './world.ts'

/**
 * Says what a run would send, to whom and as whom. Sends nothing. Throws ProfileError and UsageError.
 */
export async function plan(
  options: WorldOptions & { suite?: readonly string[]; check?: readonly string[] },
): Promise<0> {
  const only = await assertSelection(options)
  const document = await readProfile(options.target ?? referenceProfile)
  const { data } = document
  const reach = options.reach ?? (document.comesUp === 'embedded' ? 'disruptive' : 'safe')
  // A target that the run starts sets variables of its own; here only their places matter.
  const env =
    document.comesUp === 'external'
      ? process.env
      : new Proxy(process.env, { get: (set, name) => set[String(name)] ?? placeholder(String(name)) })
  const profile = await resolveProfile(document, env)
  const { redact } = createRedactor(profile.secrets)
  const [checks, proofs] = await Promise.all([collectChecks(only), readProofs()])

  console.log(
    `target      ${data.name}, ${document.comesUp === 'external' ? redact(profile.target.url) : `${document.comesUp}: started by the run on loopback`}`,
  )
  console.log(`reach       ${reach}`)
  console.log(`as          ${Object.keys(profile.principals).join(', ')}`)
  console.log(
    `mail        from ${document.comesUp === 'external' ? profile.mail.from : 'a domain in the sandbox'}, to the sandbox on ${hostname()} alone`,
  )
  if (profile.zap !== undefined) console.log(`zap         ${zapLine(profile.zap, profile, reach, document)}`)
  console.log(`operations  ${Object.keys(profile.operations).length} of the profile\n`)
  const width = Math.max(...checks.map(({ id }) => id.length))
  const counts = { run: 0, 'held-back': 0, 'not-applicable': 0 }
  let total = 0
  for (const check of checks) {
    const obstacle = obstacleOf(check, profile, reach)
    const requests = proofs.get(check.id)?.requests
    if (obstacle === null) total += requests ?? 0
    counts[obstacle?.verdict ?? 'run']++
    console.log(
      `${check.id.padEnd(width)}  ${obstacle === null ? `about ${requests ?? '?'} requests; ${check.needs.join(', ')}` : `${verdictWords[obstacle.verdict].label}: ${obstacle.reason}`}`,
    )
  }
  const { run, 'held-back': held, 'not-applicable': without } = counts
  console.log(
    `\n${run} of ${checks.length} checks, ${held} held back and ${without} not applicable; about ${total} requests, by the count of the reference API; nothing was sent`,
  )
  return 0
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

function placeholder(name: string): string {
  return name.endsWith('HOST')
    ? '127.0.0.1'
    : name.endsWith('PORT') || name.startsWith('target:')
      ? '1'
      : name.endsWith('URL')
        ? 'https://127.0.0.1:1'
        : `${name.toLowerCase().replaceAll('_', '-')}.test`
}
