import { smtpPort } from '../sandbox/own-addresses.ts'
import type { Sandbox } from '../sandbox/sandbox.ts'

/**
 * The values of `${sandbox:NAME}` in the settings of the instance `id`, by `sandbox:NAME`. Each has a zone of its own
 * below the sandbox's, and a certificate for `api` and `smtp` in it, and for loopback.
 */
export async function sandboxValues(
  { address, issueCertificate }: Sandbox,
  id: string,
): Promise<Record<string, string>> {
  const { seenAs, dns, egress, callback, ca, exchangers, mx } = address
  const zone = `${id}.${address.zone}`
  const { cert, key } = await issueCertificate([`api.${zone}`, `smtp.${zone}`, 'localhost', '127.0.0.1'])
  const values = {
    zone,
    dns: `${seenAs}:${dns.port}`,
    egress,
    'callback.http': callback.http,
    'callback.https': callback.https,
    smtp: `${seenAs}:${exchangers.sound.port}`,
    'smtp.host': seenAs,
    'smtp.port': String(exchangers.sound.port),
    'mx.port': String(mx?.port ?? smtpPort),
    ca,
    certificate: cert,
    key,
  }
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`sandbox:${name}`, value]))
}
