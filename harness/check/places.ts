import type { Place } from '../api/scripts.ts'
import type { Profile } from '../profile/profile.ts'
import type { SandboxAddress } from '../sandbox/sandbox.ts'
import { type ShellPiece, variableOf } from '../shell.ts'

type Exports = Readonly<Record<string, string>>
type Address = Pick<SandboxAddress, 'zone' | 'dns' | 'callback'>

/** What a line of a report may say of a sandbox and of what was started in it, by the names of shell variables. */
export function variablesOf(
  { target }: Pick<Profile, 'target'>,
  { zone, dns, callback }: Address,
  exports: Exports,
): Readonly<Record<string, string>> {
  const { embedded, container, command, url } = target
  const isStarted = [embedded, container, command].some((way) => way !== undefined) && /^https?:/.test(url)
  return {
    ...(isStarted ? { TARGET_URL: new URL(url).origin } : {}),
    ...Object.fromEntries(Object.entries(exports).map(([name, value]) => [variableOf(name), value])),
    ...{ SANDBOX_ZONE: zone, SANDBOX_CALLBACK: callback.http, SANDBOX_CALLBACK_TLS: callback.https },
    ...{ SANDBOX_DNS_HOST: dns.host, SANDBOX_DNS_PORT: String(dns.port) },
  }
}

/** Of these variables, what stands within texts: origins and names of hosts that are nobody else's. */
export function placesOf(variables: Readonly<Record<string, string>>): Place[] {
  return Object.entries(variables).flatMap(([variable, value]): Place[] => {
    if (/^https?:\/\/[^/]+$/.test(value))
      return [
        { value, pieces: [{ variable }] },
        { value: value.replace(/^.*:\/\//, ''), pieces: [{ variable, without: '#*://' }] },
      ]
    return /^(?:[a-z0-9-]+\.){2,}[a-z]+$/.test(value) ? [{ value, pieces: [{ variable }] }] : []
  })
}

/** How a host or a port stands in a line, or a text in which one of those may stand. */
export function spelledBy(
  variables: Readonly<Record<string, string>>,
  within: (text: string) => readonly ShellPiece[],
): (text: string) => readonly ShellPiece[] {
  const byValue = Object.entries(variables).map(([variable, value]) => [value, variable] as const)
  // The first of a value is the one that texts are spelled by.
  const whole = new Map(byValue.reverse())
  return (text) => {
    const variable = whole.get(text)
    return variable === undefined ? within(text) : [{ variable }]
  }
}
