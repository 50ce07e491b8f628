import { domainOf, isUnder } from '../sandbox/names.ts'

/**
 * Mail that came here and was for the sandbox of another machine, which takes its absence for a pass: a sentence, or `null` where none of
 * these recipients is there. `zoneOf`: the zone of each sandbox by the number of its machine, where the profile names one.
 */
export function createStrayMail(
  zoneOf: (shard: number) => string | undefined,
  { index, of }: { readonly index: number; readonly of: number },
): (recipients: readonly string[]) => string | null {
  const own = zoneOf(index)
  const others = Array.from({ length: of }, (_, at) => at + 1).flatMap((shard) => {
    const zone = zoneOf(shard)
    return zone === undefined || zone === own ? [] : [{ shard, zone: zone.toLowerCase() }]
  })
  return (recipients) => {
    const domains = recipients.map(domainOf)
    const meant = others.find(({ zone }) => domains.some((domain) => isUnder(domain, zone)))
    return meant === undefined
      ? null
      : `mail for shard ${meant.shard} came to shard ${index}, so that neither knows what was sent: have the target deliver what is below ${meant.zone} to the machine of that number alone`
  }
}
