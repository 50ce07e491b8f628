import { readOpenApi } from '../api/openapi.ts'
import type { Kit } from '../check/kit.ts'
import { domainOf } from '../probes/addresses.ts'
import type { DecodedJwt } from '../probes/jwt.ts'
import type { Known } from '../probes/usual-secrets.ts'
import { unlessUnproven } from '../verdicts.ts'

/** Longer texts of a document are prose. */
const longest = 100
const most = 20_000

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
