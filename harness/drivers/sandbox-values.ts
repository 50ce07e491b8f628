import type { Sandbox } from '../sandbox/sandbox.ts'

/**
 * The values of `${sandbox:NAME}` in the settings of a target, by `sandbox:NAME`. `names` are what the target is called
 * by: `certificate` and `key` are for these.
 */
export async function sandboxValues(
  { address, issueCertificate }: Sandbox,
  names: readonly string[],
): Promise<Record<string, string>> {
  const { zone, seenAs, dns, egress, callback, ca, exchangers } = address
  const { certificate, key } = await issueCertificate(names).then(({ cert, key }) => ({
    certificate: cert,
    key,
  }))
  const values = {
    zone,
    dns: `${seenAs}:${dns.port}`,
    egress,
    'callback.http': callback.http,
    'callback.https': callback.https,
    smtp: `${seenAs}:${exchangers.sound.port}`,
    'smtp.host': seenAs,
    'smtp.port': String(exchangers.sound.port),
    ca,
    certificate,
    key,
  }
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`sandbox:${name}`, value]))
}
