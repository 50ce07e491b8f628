import { readOpenApi } from '../api/openapi.ts'
import type { Kit } from '../check/kit.ts'
import { domainOf } from '../probes/addresses.ts'
import type { DecodedJwt } from '../probes/jwt.ts'
import {
  type HmacAlgorithm,
  hmacAlgorithmOf,
  type Known,
  mostUsual,
  usualSecretOf,
} from '../probes/usual-secrets.ts'
import { unlessUnproven } from '../verdicts.ts'
import type { LiveToken } from './tokens.ts'

/** Longer texts of a document are prose. */
const longest = 100
const most = 20_000

/** By what to forge tokens. */
interface Forging {
  readonly alg: HmacAlgorithm
  readonly secrets: readonly (string | Uint8Array)[]
}

/**
 * A verdict, where tokens are signed by HMAC: no secret that anybody tries has signed the live one, which takes no request to see.
 * Who has it can forge by it; where tokens are signed by a key pair, by those alone that are usual most, should one be believed.
 */
export async function secretsToSignBy(
  kit: Pick<Kit, 'api' | 'profile' | 'verify'>,
  own: LiveToken,
): Promise<Forging> {
  const { verify } = kit
  const alg = hmacAlgorithmOf(own)
  if (alg === null) return { alg: 'HS256', secrets: mostUsual }
  const { key, tried } = usualSecretOf(own, await knownOf(kit, own))
  verify.held(await own.opens(own.token), 'the live token no longer works')
  const isSafe = verify.that(key === null, {
    severity: 'high',
    expected: 'a secret that nobody tries',
    actual: `one of ${tried} secrets that anybody tries has signed a live token`,
  })
  if (isSafe) verify.remark(`none of ${tried} secrets that anybody tries has signed a live token`)
  return { alg, secrets: key === null ? [] : [key] }
}

/** What everybody may know of the target: its names and hosts, what a token of its says, and every text of its document. */
export async function knownOf(
  { api, profile }: Pick<Kit, 'api' | 'profile'>,
  { header, payload }: DecodedJwt,
): Promise<Known> {
  const { target, name, mail } = profile
  const claims = textsIn([header, payload]).map((claim) =>
    URL.canParse(claim) ? new URL(claim).host || claim : claim,
  )
  const document = profile.openapi === undefined ? null : await readOpenApi(api).catch(unlessUnproven)
  const title = textsIn(document?.document['info'])
  return {
    names: [
      ...[new URL(target.url).hostname, name, domainOf(mail.from), ...mail.domains],
      ...Object.values(profile.principals).flatMap(({ tenant = '' }) => tenant),
      ...[...claims, ...title].filter((text) => text.length <= longest),
    ],
    texts: textsIn(document?.source).filter((text) => text.length <= longest),
  }
}

/** All texts in a value, however deep; a document may be large, and none goes round in a circle as it was read. */
function textsIn(value: unknown): string[] {
  const found = new Set<string>()
  const open = [value]
  while (open.length > 0 && found.size < most) {
    const next = open.pop()
    if (typeof next === 'string') found.add(next)
    else if (typeof next === 'object' && next !== null) open.push(...Object.values(next))
  }
  return [...found]
}
