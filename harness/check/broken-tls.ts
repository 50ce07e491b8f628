import type { Wire } from '../sandbox/client.ts'
import { Unproven } from '../verdicts.ts'

/** That whoever delivers left an exchanger that behaves when TLS began, which is seen at that end alone; `null` where nobody did. */
export async function brokenTls({
  sessions,
}: Pick<Wire, 'sessions'>): Promise<{ readonly seen: string; readonly remedy: string } | null> {
  const left = await sessions({ leftAtTls: true })
  const broken = left.findLast(({ personality }) => personality === 'sound')
  if (broken === undefined) return null
  return {
    seen: `the sandbox saw TLS broken off by whoever delivers (${broken.tlsFailure ?? 'it left when it had seen the certificate'})`,
    remedy: isOfVersions.test(broken.tlsFailure ?? '')
      ? 'the certificate was not looked at: have whoever delivers speak TLS 1.2 or 1.3 as the exchangers of the sandbox do, or deliver without TLS (sandbox.ports.no-starttls)'
      : `have the target, or its relay, trust the authority of the sandbox (\${sandbox:ca} for a target that the run starts, else one of your own: sandbox.authority in the profile), by a name or an address that its certificate is for (127.0.0.1, localhost, the names of its zone); where it cannot, have it deliver without TLS (sandbox.ports.no-starttls)`,
  }
}

/** As OpenSSL says that two have no version and no cipher in common, or that it was no TLS. */
const isOfVersions = /UNSUPPORTED_PROTOCOL|PROTOCOL_VERSION|WRONG_VERSION|NO_SHARED_CIPHER|HTTP_REQUEST/i

/** Mail was not seen for this reason, or for one that the sandbox saw. */
export async function unseenMail(
  wire: Pick<Wire, 'sessions'>,
  reason: string,
  remedy: string,
): Promise<Unproven> {
  const broken = await brokenTls(wire)
  return broken === null
    ? new Unproven(reason, remedy)
    : new Unproven(`${reason}; ${broken.seen}`, broken.remedy)
}
