import type { TlsService } from '../check/endpoints.ts'
import type { Kit } from '../check/kit.ts'
import { certificateRules, faultBy } from '../probes/certificate-faults.ts'
import type { Presentation } from '../probes/certificates.ts'

const hour = 60 * 60 * 1000

/** Judges what a service presents at each of its addresses: rule by rule, each by the worst of them. */
export async function judgeCertificates(
  { endpoints, verify }: Pick<Kit, 'endpoints' | 'verify'>,
  service: TlsService,
): Promise<void> {
  const all = await service.certificates()
  verify.applies(
    all.length === 0 || all.some(({ kind }) => kind !== 'no-starttls'),
    `${service.host} offers no STARTTLS`,
  )
  const presented = all.filter((each) => each.kind === 'presented')
  const [first] = presented
  verify.held(
    first !== undefined,
    `no certificate was seen: ${[...new Set(all.map(reasonOf))].join('; ') || `${service.host} does not resolve`}`,
    'see whether the profile names the right host and port, and the target’s log',
  )
  await verify.each(certificateRules, async (rule) => {
    const fault = faultBy(rule, presented, { host: service.host, now: Date.now() })
    if (fault !== null && rule.byTheClock === true) await clocksAgree({ endpoints, verify })
    if (first !== undefined) service.showCertificate(fault?.presented ?? first)
    verify.that(fault === null, () => ({
      operation: service.operation,
      severity: fault?.severity,
      expected: rule.expected,
      actual: fault?.actual ?? '',
    }))
  })
  for (const each of all) {
    if (each.kind === 'presented') continue
    // IPv6, where this machine has none.
    if (unrouted.has(each.reason)) verify.remark(`${reasonOf(each)}: there is no way to it from here`)
    else verify.held(false, reasonOf(each), 'see whether a server still runs there, or take the address back')
  }
}

const unrouted = new Set(['ENETUNREACH', 'EHOSTUNREACH', 'EADDRNOTAVAIL', 'EAFNOSUPPORT'])

function reasonOf(presentation: Presentation): string {
  return presentation.kind === 'presented' ? '' : `at ${presentation.address}: ${presentation.reason}`
}

/** A guard: what expires by a clock that is off need not have expired. */
async function clocksAgree({ endpoints, verify }: Pick<Kit, 'endpoints' | 'verify'>): Promise<void> {
  const ahead = await endpoints.clock()
  if (ahead === null) return verify.remark('dates are read off the clock of this machine alone')
  verify.held(
    Math.abs(ahead) < hour,
    `the target’s clock is ${Math.round(Math.abs(ahead) / hour)} hours ${ahead > 0 ? 'ahead of' : 'behind'} ours`,
    'set the clock that is wrong: compare date -u on both',
  )
}
