import type { Personality } from '../model.ts'
import { type CallbackServer, startCallback } from './callback.ts'
import { type Certificates, createCertificates, type KeyAndCertificate } from './certificates.ts'
import { type ControlServer, type Handler, startControl } from './control.ts'
import { type DnsServer, startDns } from './dns.ts'
import { startEgress } from './egress.ts'
import { createExchanger } from './exchanger.ts'
import { type Listener, listen } from './listening.ts'
import { type Mailbox, startMailbox } from './mailbox.ts'
import { sandboxMethods } from './methods.ts'
import { newZone } from './names.ts'
import { createPassingOn } from './passing-on.ts'
import { forEachPersonality } from './personalities.ts'
import { createWire, type WireStore } from './wire.ts'

/** Where everything of a sandbox is; plain JSON, handed to workers. */
export interface SandboxAddress {
  readonly zone: string
  readonly control: { readonly url: string; readonly token: string }
  /** `url`: base of Mailpit's REST API. */
  readonly mailbox: { readonly url: string; readonly smtp: { readonly host: string; readonly port: number } }
  readonly dns: { readonly host: string; readonly port: number }
  /** URL of the HTTP CONNECT proxy for the target's outbound connections. */
  readonly egress: string
  readonly callback: { readonly http: string; readonly https: string }
  /** PEM. */
  readonly ca: string
  readonly exchangers: Readonly<Record<Personality, { readonly host: string; readonly port: number }>>
}

export interface Sandbox {
  readonly address: SandboxAddress
  readonly wire: WireStore
  readonly dns: DnsServer
  /** A right certificate of the run's authority for these names and addresses. */
  issueCertificate(names: readonly string[]): Promise<KeyAndCertificate>
  /** Ends at once: every listener, connection and wait. */
  close(): Promise<void>
}

export interface SandboxOptions {
  /** Fixed ports of exchangers, for targets that relay to one host and port; any free one otherwise. */
  readonly ports?: Partial<Record<Personality, number>>
  /** Further methods of the control server. */
  readonly handlers?: Readonly<Record<string, Handler>>
  /** A mailbox that runs already (Mailpit); the embedded one otherwise. */
  readonly mailbox?: SandboxAddress['mailbox']
}

/** Starts the world around a target: exchangers, mailbox, DNS, egress, callback and the control server. */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const zone = newZone()
  const wire = createWire()
  const closing: (() => Promise<void> | void)[] = [() => wire.close()]
  const starting: Promise<unknown>[] = []
  const started = <Part extends { close(): Promise<void> }>(part: Promise<Part>): Promise<Part> => {
    const running = part.then((up) => {
      closing.push(() => up.close())
      return up
    })
    starting.push(running)
    return running
  }
  const close = async () => {
    await Promise.all(closing.splice(0).map((end) => end()))
  }
  try {
    const [certificates, mailbox, dns] = await Promise.all([
      createCertificates(zone),
      options.mailbox ?? started<Mailbox>(startMailbox()),
      started<DnsServer>(startDns(zone)),
    ])
    const passingOn = createPassingOn(mailbox.smtp)
    closing.push(() => passingOn.close())
    const exchangers = forEachPersonality((personality) =>
      createExchanger({ personality, certificates, wire, passOn: passingOn.pass }),
    )
    const listeners = forEachPersonality((personality) =>
      started<Listener>(listen(exchangers[personality].server, options.ports?.[personality])),
    )
    const [bound, callback] = await Promise.all([
      addresses(listeners),
      started<CallbackServer>(callbackCertificate(certificates, zone).then(startCallback)),
    ])
    const egress = await started(startEgress({ zone, exchangers, callback }))
    const handlers = sandboxMethods({ wire, dns, callback, egress, passingOn })
    for (const [method, handler] of Object.entries(options.handlers ?? {})) handlers.set(method, handler)
    const control = await started<ControlServer>(startControl(handlers))
    const address: SandboxAddress = {
      zone,
      control: { url: control.url, token: control.token },
      mailbox: { url: mailbox.url, smtp: mailbox.smtp },
      dns: { host: dns.host, port: dns.port },
      egress: `http://${egress.host}:${egress.port}`,
      callback: {
        http: `http://127.0.0.1:${callback.ports.http}`,
        https: `https://127.0.0.1:${callback.ports.https}`,
      },
      ca: certificates.ca,
      exchangers: bound,
    }
    return { address, wire, dns, issueCertificate: certificates.issue, close }
  } catch (error) {
    // What is still on its way up must come down as well.
    await Promise.allSettled(starting)
    await close()
    throw error
  }
}

function callbackCertificate(certificates: Certificates, zone: string): Promise<KeyAndCertificate> {
  return certificates.issue([`callback.${zone}`, 'localhost', '127.0.0.1'])
}

async function addresses(
  listeners: Readonly<Record<Personality, Promise<Listener>>>,
): Promise<SandboxAddress['exchangers']> {
  const entries = Object.entries(listeners).map(async ([name, pending]) => {
    const { host, port } = await pending
    return [name, { host, port }] as const
  })
  return Object.fromEntries(await Promise.all(entries)) as SandboxAddress['exchangers']
}
