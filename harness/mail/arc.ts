import type { ArcFacts } from '../probes/arc.ts'
import type { ArcSet } from '../probes/arc-sets.ts'
import { askAgain } from './authentication.ts'
import { about, type Judged } from './judged.ts'

/** Of its Authenticated Received Chain (RFC 8617): whether it holds, and who has sealed what. Empty for a message without one. */
export function chainOf(facts: ArcFacts): Judged[] {
  if (facts.result === 'none') return []
  return [verdictOf(facts), ...facts.sets.map(sealOf), ...claimOf(facts), ...saidOf(facts)]
}

function verdictOf({ result, comment, faults, sets }: ArcFacts): Judged {
  const { right, unknown, wrong } = about('arc')
  if (result === 'pass')
    return right(
      `pass: ${sets.length} ${sets.length === 1 ? 'set' : 'sets'}, the newest by ${sealer(sets.at(-1))}`,
    )
  if (result === 'temperror') return unknown('a key of the chain is not known', askAgain)
  // What is wrong with its form says more than the first thing that a validator stumbles over.
  const why = faults.length > 0 ? faults.join('; ') : comment
  const remedy = 'see what was changed after it was sealed; receivers go by DMARC alone'
  return wrong('low', `fail${why === null ? '' : `: ${why}`}`, remedy)
}

function sealOf(set: ArcSet): Judged {
  const { instance, claim, selector, algorithm } = set
  const { told } = about('arc', `set ${instance}`)
  const parts = [selector === '' ? '' : `s=${selector}`, algorithm, claim === '' ? '' : `cv=${claim}`]
  return told([`sealed by ${sealer(set)}`, ...parts.filter((part) => part !== '')].join(', '))
}

function claimOf({ falseClaim, sets }: ArcFacts): Judged[] {
  if (falseClaim === null) return []
  const { instance, over } = falseClaim
  const at = (number: number) => sealer(sets.find((set) => set.instance === number))
  const seen = `${at(instance)} says cv=pass, and the seal of set ${over}, by ${at(over)}, does not verify`
  const remedy = 'seal with cv=fail what does not validate (RFC 8617 §5.1), unless that key is another by now'
  return [about('arc', `set ${instance}`).wrong('medium', seen, remedy)]
}

/** Whom to trust is the receiver's to say. */
function saidOf({ oldestPass, said, sets }: ArcFacts): Judged[] {
  if (oldestPass === null) return []
  const set = sets.find(({ instance }) => instance === oldestPass)
  const seen = said.length === 0 ? 'nothing' : said.join(', ')
  const since = `nothing that it signs was changed since`
  return [about('arc', `set ${oldestPass}`).told(`${sealer(set)} saw ${seen}, and ${since}`)]
}

const sealer = (set: ArcSet | undefined) => (set?.domain ? `d=${set.domain}` : 'nobody')
