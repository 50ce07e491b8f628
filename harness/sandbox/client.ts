import type { MailpitClient } from 'mailpit-api'
import { Agent, request } from 'undici'
import type { CallbackHit, Delivery, DnsQuery, DnsRecord, Personality, Session } from '../model.ts'
import type { EgressAttempt } from './egress.ts'
import { mailpitAt } from './mailpit.ts'
import { type Calls, type DeliveryOnControl, type Problems, unpack } from './methods.ts'
import { recipientDomain } from './names.ts'
import { NotSeen, unlessSeen } from './not-seen.ts'
import type { PassingFailure } from './passing-failures.ts'
import type { SandboxAddress } from './sandbox.ts'
import type { DeliveryFilter, SessionFilter, WaitOptions } from './wire.ts'

export type { EgressAttempt } from './egress.ts'
export { type PassingFailure, passingReplies, stages } from './passing-failures.ts'
export type { SandboxAddress } from './sandbox.ts'
export { NotSeen, unlessSeen }

export interface Wire {
  /** A recipient domain whose mail ends at that exchanger: `<label>.<personality>.<zone>`. */
  domain(personality: Personality, label: string): string
  deliveries(filter: DeliveryFilter): Promise<Delivery[]>
  /** Resolves as soon as `count` (default 1) match; throws `NotSeen` after `within` ms. */
  arrival(filter: DeliveryFilter, options: WaitOptions): Promise<Delivery[]>
  sessions(filter: SessionFilter): Promise<Session[]>
  /** Resolves as soon as `count` (default 1) match and have ended; throws `NotSeen` after `within` ms. */
  session(filter: SessionFilter, options: WaitOptions): Promise<Session[]>
  /**
   * The next session that gets so far with mail for this address meets the failure, and the one after it none. Before RCPT it
   * is known by the name of the exchanger, which should be nobody else's: give the address a domain of its own.
   */
  failOnce(recipient: string, failure: PassingFailure): Promise<void>
  /** Resolves once that was met; throws `NotSeen` after `within` ms. */
  met(recipient: string, options: { within: number }): Promise<void>
}

export interface Dns {
  /** Adds records below the sandbox's zone. */
  publish(records: readonly DnsRecord[]): Promise<void>
  /** Takes all published records of this name away. */
  withdraw(name: string): Promise<void>
  queries(filter: { name?: string; under?: string }): Promise<DnsQuery[]>
}

export interface Callback {
  /** A URL that records whoever asks for it. */
  url(path: string, scheme?: 'http' | 'https'): string
  hits(path: string): Promise<CallbackHit[]>
  /** Whoever asks for the path from now on gets this as JSON. */
  serve(path: string, value: unknown): Promise<void>
  /** The next request for the path is answered with 500. */
  failOnce(path: string): Promise<void>
  /** Resolves as soon as `count` (default 1) have come; throws `NotSeen` after `within` ms. */
  hit(path: string, options: { within: number; count?: number }): Promise<CallbackHit[]>
}

export interface SandboxClient {
  readonly address: SandboxAddress
  readonly wire: Wire
  readonly dns: Dns
  readonly callback: Callback
  readonly mailbox: MailpitClient
  readonly egress: { attempts(): Promise<EgressAttempt[]> }
  problems(): Promise<Problems>
  /** Calls a method of the control server; throws what it threw, by name and message. */
  call(method: string, args: unknown): Promise<unknown>
  /** Ends the connections at once. */
  close(): Promise<void>
}

/** Reaches a sandbox of another thread or process. Opens nothing before the first call. */
export function connectSandbox(address: SandboxAddress): SandboxClient {
  // A long poll answers late by design: the wait itself ends it.
  const dispatcher = new Agent({ headersTimeout: 0, bodyTimeout: 0 })
  const call = async (method: string, args: unknown): Promise<unknown> => {
    const { body } = await request(`${address.control.url}/call`, {
      method: 'POST',
      dispatcher,
      headers: { authorization: `Bearer ${address.control.token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ method, args }),
    })
    return read(await body.json())
  }
  const own = <Result>(method: keyof Calls, args: Calls[typeof method]) =>
    call(method, args) as Promise<Result>
  const deliveries = async (method: 'wire.deliveries' | 'wire.arrival', args: Calls[typeof method]) =>
    (await own<DeliveryOnControl[]>(method, args)).map(unpack)

  return {
    address,
    wire: {
      domain: (personality, label) => recipientDomain(personality, label, address.zone),
      deliveries: (filter) => deliveries('wire.deliveries', { filter }),
      arrival: (filter, options) => deliveries('wire.arrival', { filter, options }),
      sessions: (filter) => own('wire.sessions', { filter }),
      session: (filter, options) => own('wire.session', { filter, options }),
      failOnce: (recipient, failure) => own('wire.failOnce', { recipient, failure }),
      met: (recipient, { within }) => own('wire.met', { recipient, within }),
    },
    dns: {
      publish: (records) => own('dns.publish', { records }),
      withdraw: (name) => own('dns.withdraw', { name }),
      queries: (filter) => own('dns.queries', { filter }),
    },
    callback: {
      url: (path, scheme = 'http') => `${address.callback[scheme]}/${path.replace(/^\//, '')}`,
      hits: (path) => own('callback.hits', { path }),
      serve: (path, value) => own('callback.serve', { path, json: JSON.stringify(value) }),
      failOnce: (path) => own('callback.failOnce', { path }),
      hit: (path, { within, count }) => own('callback.hit', { path, within, count }),
    },
    mailbox: mailpitAt(address.mailbox),
    egress: { attempts: () => own('egress.attempts', {}) },
    problems: () => own('sandbox.problems', {}),
    call,
    close: () => dispatcher.destroy(),
  }
}

function read(answer: unknown): unknown {
  if (typeof answer !== 'object' || answer === null) throw new Error('The control server answered no object.')
  if ('result' in answer) return answer.result
  const { name, message } = ('error' in answer ? answer.error : {}) as { name?: string; message?: string }
  if (name === 'NotSeen') throw new NotSeen(message)
  const error = new Error(message ?? 'The control server answered neither result nor error.')
  if (name) error.name = name
  throw error
}
