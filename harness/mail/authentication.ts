import { dkimFaults, signingKeys } from '../probes/dkim-faults.ts'
import { dkimKeyFacts } from '../probes/dkim-key.ts'
import type { DkimFacts, MailAuthentication } from '../probes/mail-authentication.ts'
import { DnsFailure, type RecordingResolver } from '../probes/resolver.ts'
import { about, type Judged } from './judged.ts'

export const askAgain = 'DNS did not answer: try again, or another --dns'

export const keyRemedy = 'publish one record with an RSA key of 2048 bits, or Ed25519, and not in testing'

export function authorOf({ from: { fields, addresses, domain } }: MailAuthentication): Judged {
  const { right, wrong } = about('from')
  if (domain !== null) return right(`${addresses[0]}, of ${domain}`)
  return wrong(
    'high',
    `${fields} From fields with ${addresses.length} addresses`,
    'write one From with one address: else no receiver can tell whose policy holds (RFC 9989 §5.3.1)',
  )
}

/** One for each signature. */
export function signaturesOf({ dkim, from }: MailAuthentication): Judged[] {
  if (dkim.length === 0)
    return [about('dkim').wrong('medium', 'it is not signed', 'sign for the domain of its From (RFC 6376)')]
  const speaks = ({ result, aligned, alignedByPsl }: DkimFacts) =>
    result === 'pass' && aligned && alignedByPsl
  const isSigned = dkim.some(speaks)
  return dkim.map((signature, n) => {
    const { right, unknown, wrong } = about('dkim', dkim.length === 1 ? '' : `signature ${n + 1}`)
    const { result, domain, selector, algorithm, comment, lTag } = signature
    const seen = `${result} for d=${domain} s=${selector}, ${algorithm}${inBrackets(comment)}`
    if (result === 'temperror') return unknown(seen, askAgain)
    if (result !== 'pass') {
      const remedy = 'see what changed the message after it was signed, and the key that DNS has'
      return wrong(isSigned ? 'low' : 'high', seen, remedy)
    }
    if (lTag) return wrong('high', `${seen}: what is added to the body passes as well (l=)`, 'leave l= out')
    if (speaks(signature)) return right(`${seen}, aligned`)
    const misses = `${seen}, not aligned with ${from.domain ?? 'its From'}`
    return isSigned ? right(misses) : wrong('medium', misses, 'sign with a key of the domain of its From')
  })
}

/** What is wrong with the keys of its signatures. */
export async function keysOf(raw: Uint8Array, resolver: RecordingResolver): Promise<Judged[]> {
  const keys = signingKeys(raw).filter(({ selector, domain }) => selector !== '' && domain !== '')
  const judged = keys.map(async (key) => {
    const { unknown, wrong } = about('dkim', `${key.selector}._domainkey.${key.domain}`)
    try {
      const faults = dkimFaults(await dkimKeyFacts(key.selector, key.domain, resolver), key)
      return faults.filter(({ is }) => is).map(({ severity, text }) => wrong(severity, text, keyRemedy))
    } catch (error) {
      if (!(error instanceof DnsFailure)) throw error
      return [unknown(error.message, askAgain)]
    }
  })
  return (await Promise.all(judged)).flat()
}

/** `ip`: the address that the message came from; `null` where that, or its return path, is not known. */
export function spfOf({ spf }: MailAuthentication, ip: string | null): Judged {
  const { right, unknown, wrong } = about('spf')
  const { result, domain, aligned, comment } = spf
  if (ip === null)
    return unknown(
      'from which address it came, or for whom, is not known',
      'name --ip and --mail-from: the server that took it has them in its log',
    )
  const seen = `${result} for ${domain} from ${ip}`
  if (result === 'pass') return right(`${seen}${aligned ? ', aligned' : ''}`)
  if (result === 'temperror') return unknown(seen, askAgain)
  const remedy = `name ${ip} in the SPF record of ${domain} (RFC 7208)`
  return wrong(result === 'permerror' ? 'medium' : 'low', `${seen}${inBrackets(comment)}`, remedy)
}

/** By either way to find the organisation. Where SPF is not known, DKIM alone can speak for it. */
export function dmarcOf({ dmarc, dmarcByPsl, unanswered }: MailAuthentication, knowsSpf: boolean): Judged[] {
  const ways = [
    ['by tree walk (RFC 9989)', dmarc],
    ['by the Public Suffix List (RFC 7489)', dmarcByPsl],
  ] as const
  const isSilent = unanswered.some(({ name }) => name.startsWith('_dmarc.'))
  return ways.map(([what, { result, policy, recordDomain, record, comment }]) => {
    const { right, unknown, wrong } = about('dmarc', what)
    const by = policy === null ? '' : `, policy ${policy} of ${recordDomain}`
    const seen = `${result}${by}${inBrackets(comment)}`
    if (result === 'temperror' || (record === null && isSilent)) return unknown(seen, askAgain)
    if (record === null) {
      const remedy = 'publish one at _dmarc of the domain: without it whoever likes writes in its name'
      return wrong('medium', 'there is no record', remedy)
    }
    if (result === 'pass' && policy !== 'none') return right(seen)
    if (result === 'pass') {
      const remedy = 'ask for quarantine or reject once all mail of the domain passes'
      return wrong('low', `${seen}: what fails is let in as well`, remedy)
    }
    if (!knowsSpf) return unknown(`${seen} by DKIM, and SPF is not known`, 'name --ip and --mail-from')
    return wrong('high', seen, 'have SPF or DKIM pass for the domain of its From')
  })
}

const inBrackets = (comment: string | null) => (comment === null ? '' : ` (${comment})`)
