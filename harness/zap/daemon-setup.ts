import type { Secret } from '../profile/shape.ts'
import type { ZapAddress } from './zap-client.ts'

/** A ZAP that is up. */
export interface Daemon {
  readonly address: ZapAddress
  /** Started by the run, for the run alone. */
  readonly ours: boolean
  /** Why it is gone, also where it is just ending; `null` where it runs on, or where nobody here can know. */
  ended(): Promise<string | null>
  /** Ends it with all that it wrote where it is ours; leaves it alone otherwise. */
  close(): Promise<void>
}

export interface DaemonOptions {
  /** What ZAP sends with every request to the target's host: by its environment, which no list of processes shows. */
  readonly header: { readonly name: string; readonly value: string; readonly host: string } | null
  /** Absolute path of the run's folder, for its log; `null` where nothing is to be left. */
  readonly out: string | null
  readonly secrets: readonly Secret[]
  /** Interrupts the start. */
  readonly signal: AbortSignal
}

/** For zap.sh and for the class alike; the key is in the file, not in a list of processes. */
export function daemonArguments(port: number, file: string): string[] {
  return ['-daemon', '-silent', '-host', '127.0.0.1', '-port', String(port), '-configfile', file]
}

/** A properties file: `api.filexfer` lets us hand it the OpenAPI document. */
export function daemonConfiguration(key: string): string {
  return `api.key=${key}\napi.filexfer=true\n`
}

export function daemonEnvironment({ header }: DaemonOptions): Record<string, string> {
  if (header === null) return {}
  return {
    ZAP_AUTH_HEADER: header.name,
    ZAP_AUTH_HEADER_VALUE: header.value,
    ZAP_AUTH_HEADER_SITE: header.host,
  }
}
