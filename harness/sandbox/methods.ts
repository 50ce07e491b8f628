import type { Delivery, DnsRecord } from '../model.ts'
import type { CallbackServer } from './callback.ts'
import type { Handler } from './control.ts'
import type { DnsServer } from './dns.ts'
import type { Egress } from './egress.ts'
import type { PassingFailure } from './passing-failures.ts'
import type { PassingOn } from './passing-on.ts'
import type { DeliveryFilter, SessionFilter, WaitOptions, WireStore } from './wire.ts'

/** A delivery on its way to a worker: JSON knows no bytes. */
export type DeliveryOnControl = Omit<Delivery, 'raw'> & { readonly raw: string }

/** What a worker sends with each of the sandbox's own methods. */
export interface Calls {
  'wire.deliveries': { filter: DeliveryFilter }
  'wire.arrival': { filter: DeliveryFilter; options: WaitOptions }
  'wire.sessions': { filter: SessionFilter }
  'wire.session': { filter: SessionFilter; options: WaitOptions }
  'wire.failOnce': { recipient: string; failure: PassingFailure }
  'wire.met': { recipient: string; within: number }
  'dns.publish': { records: readonly DnsRecord[] }
  'dns.withdraw': { name: string }
  'dns.queries': { filter: { name?: string; under?: string } }
  'callback.hits': { path: string }
  'callback.serve': { path: string; json: string }
  'callback.failOnce': { path: string }
  'callback.hit': { path: string; within: number; count?: number | undefined }
  'egress.attempts': Record<string, never>
  'sandbox.problems': Record<string, never>
}

export interface Problems {
  /** What the wire could not keep: with any of these, an absence from the wire proves nothing. */
  readonly wire: readonly string[]
  /** What the wire holds and the mailbox refused, a message without a header section for example. */
  readonly mailbox: readonly string[]
}

export interface Parts {
  readonly wire: WireStore
  readonly dns: DnsServer
  readonly callback: CallbackServer
  readonly egress: Egress
  readonly passingOn: PassingOn
}

/** The sandbox's own control methods. Only this project's workers hold the token, so arguments are not validated. */
export function sandboxMethods({ wire, dns, callback, egress, passingOn }: Parts): Map<string, Handler> {
  const methods: { [Method in keyof Calls]: (args: Calls[Method]) => Promise<unknown> } = {
    'wire.deliveries': async ({ filter }) => wire.deliveries(filter).map(pack),
    'wire.arrival': async ({ filter, options }) => (await wire.arrival(filter, options)).map(pack),
    'wire.sessions': async ({ filter }) => wire.sessions(filter),
    'wire.session': async ({ filter, options }) => wire.session(filter, options),
    'wire.failOnce': async ({ recipient, failure }) => wire.failures.failOnce(recipient, failure),
    'wire.met': async ({ recipient, within }) => wire.failures.met(recipient, { within }),
    'dns.publish': async ({ records }) => dns.publish(records),
    'dns.withdraw': async ({ name }) => dns.withdraw(name),
    'dns.queries': async ({ filter }) => dns.queries(filter),
    'callback.hits': async ({ path }) => callback.hits(path),
    'callback.serve': async ({ path, json }) => callback.serve(path, json),
    'callback.failOnce': async ({ path }) => callback.failOnce(path),
    'callback.hit': async ({ path, within, count }) => callback.hit(path, { within, count }),
    'egress.attempts': async () => egress.attempts(),
    'sandbox.problems': async (): Promise<Problems> => ({ wire: wire.problems, mailbox: passingOn.problems }),
  }
  return new Map(Object.entries(methods) as [string, Handler][])
}

function pack(delivery: Delivery): DeliveryOnControl {
  const { buffer, byteOffset, byteLength } = delivery.raw
  return { ...delivery, raw: Buffer.from(buffer, byteOffset, byteLength).toString('base64') }
}

export function unpack(delivery: DeliveryOnControl): Delivery {
  return { ...delivery, raw: Buffer.from(delivery.raw, 'base64') }
}
