import { isIP } from 'node:net'
import type { DnsRecord, Personality } from '../model.ts'
import { type CallbackServer, startCallback } from './callback.ts'
import { createCertificates, type KeyAndCertificate } from './certificates.ts'
import { type ControlServer, type Handler, startControl } from './control.ts'
import { type DnsServer, startDns } from './dns.ts'
import { startEgress } from './egress.ts'
import { createExchanger } from './exchanger.ts'
import {
  type ForwardedAddresses,
  type Forwarder,
  nameserverOf,
  startForwardedAddresses,
} from './forwarded-addresses.ts'
import { type Listener, listen, type Place } from './listening.ts'
import { startMailboxOf } from './mailbox.ts'
import { clearMailbox, watchMailbox } from './mailbox-watch.ts'
import { type MailboxAddress, mailpitAt } from './mailpit.ts'
import { sandboxMethods } from './methods.ts'
import { newZone, recipientDomain } from './names.ts'
import { type OwnAddresses, startOwnAddresses } from './own-addresses.ts'
import { createPassingOn } from './passing-on.ts'
import { forEachPersonality } from './personalities.ts'
import { createWire, type WireStore } from './wire.ts'

/** Where everything of a sandbox is; plain JSON, handed to workers. */
export interface SandboxAddress {
  readonly zone: string
  readonly control: { readonly url: string; readonly token: string }
  readonly mailbox: MailboxAddress
  /** The host under which the target finds all that follows. */
  readonly seenAs: string
  readonly dns: { readonly host: string; readonly port: number }
  /** URL of the HTTP CONNECT proxy for the target's outbound connections. */
  readonly egress: string
  readonly callback: { readonly http: string; readonly https: string }
  /** PEM. */
  readonly ca: string
  /** For targets that relay to one place. */
  readonly exchangers: Readonly<Record<Personality, { readonly host: string; readonly port: number }>>
  /**
   * Where a target finds exchangers by MX and address alone: each name of one leads to an address of its own, with this port:
   * of loopback, or of a forwarder. `null` where all lead to one address, and the egress tells them apart.
   */
  readonly mx: { readonly port: number } | null
}

export interface Sandbox {
  readonly address: SandboxAddress
  readonly wire: WireStore
  readonly dns: DnsServer
  /** Where a forwarder hands on to what comes for mail exchangers; `null` where there is none. */
  readonly forwarded: ForwardedAddresses['listener'] | null
  /** A right certificate of the run's authority for these names and addresses. */
  issueCertificate(names: readonly string[]): Promise<KeyAndCertificate>
  /** What the mailbox says that takes no mail any more, once all is handed over; `null` where it does. */
  refusal(): Promise<string | null>
  /** Takes the run's own messages out of a mailbox that ran already; a sentence where they stay. */
  clearMailbox(): Promise<string[]>
  /** Ends at once: every listener, connection and wait. */
  close(): Promise<void>
}

/** What of a sandbox may have a fixed port: its exchangers by personality, for whoever relays to one of them, and these. */
export const services = ['dns', 'egress', 'callback', 'callback-tls', 'mx'] as const
export type SandboxPort = Personality | (typeof services)[number]

export interface SandboxOptions {
  /** An address of this machine for all that the target connects to; loopback where it is left out. */
  readonly host?: string
  /** The name or address under which the target finds `host`, where that differs. */
  readonly seenAs?: string
  /** Gives each exchanger an address where loopback addresses of this machine are not seen. */
  readonly forwarder?: Forwarder
  /** For targets that were told of it before; random otherwise. */
  readonly zone?: string
  /** Fixed ports, for targets that were told of them before; any free one otherwise. */
  readonly ports?: Partial<Record<SandboxPort, number>>
  /** Further methods of the control server. */
  readonly handlers?: Readonly<Record<string, Handler>>
  /** Records of the zone from the start; some targets announce theirs, others had them before. */
  readonly records?: readonly DnsRecord[]
  /** PEM with the certificate and the private key of an authority that the target trusts; a new one otherwise. */
  readonly authority?: string
  /** A mailbox that runs already (Mailpit); the embedded one otherwise. */
  readonly mailbox?: MailboxAddress
  /** The target hands its mail to that `mailbox` itself: what comes there for the zone stands in for the wire. */
  readonly behindTarget?: boolean
}

/** Starts the world around a target: exchangers, mailbox, DNS, egress, callback and the control server. */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { host, forwarder, zone = newZone() } = options
  const seenAs = options.seenAs ?? host ?? '127.0.0.1'
  const place = (port: SandboxPort): Place => ({ host, port: options.ports?.[port] })
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
    // A part that fails keeps no other one open.
    const ends = await Promise.allSettled(closing.splice(0).map(async (end) => end()))
    for (const end of ends) if (end.status === 'rejected') throw end.reason
  }
  let own: OwnAddresses | null = null
  const addressOf = async (host: string, personality: Personality) =>
    (await own?.of(host, personality)) ?? null
  try {
    const [certificates, mailbox, dns] = await Promise.all([
      createCertificates(zone, options.authority),
      options.mailbox ?? started(startMailboxOf(() => wire.deliveries({}))),
      started<DnsServer>(
        startDns(zone, {
          address: (isIP(seenAs) === 0 ? host : seenAs) ?? '127.0.0.1',
          ...(forwarder === undefined ? {} : { nameserver: nameserverOf(forwarder) }),
          addressOf,
          place: place('dns'),
        }),
      ),
    ])
    dns.publish(options.records ?? [])
    const passingOn = createPassingOn(mailbox.smtp)
    closing.push(() => passingOn.close())
    const existing = options.mailbox === undefined ? null : mailpitAt(options.mailbox)
    if (existing !== null && options.behindTarget === true) {
      const watch = watchMailbox(existing, zone, wire)
      closing.push(() => watch.close())
    }
    const names = [...new Set([seenAs, host ?? '127.0.0.1', '127.0.0.1', 'localhost'])]
    const exchangers = forEachPersonality((personality) =>
      createExchanger({ personality, certificates, names, wire, passOn: passingOn.pass }),
    )
    const forwarded =
      forwarder === undefined
        ? null
        : await startForwardedAddresses({
            ...forwarder,
            place: { host },
            accept: (personality, socket, meant, { source, head }) =>
              exchangers[personality].accept(socket, meant, {
                head,
                peer: `${source.address}:${source.port}`,
              }),
            problem: wire.problem,
          })
    own =
      forwarded ??
      (await ownAddresses(seenAs, {
        serve: (personality, host) => exchangers[personality].serve(host),
        port: options.ports?.mx,
        first: `mx.${recipientDomain('sound', 'inbox', zone)}`,
      }))
    closing.push(() => own?.close())
    const listeners = forEachPersonality((personality) =>
      started<Listener>(listen(exchangers[personality].serve(null), place(personality))),
    )
    const [bound, callback] = await Promise.all([
      addresses(listeners),
      started<CallbackServer>(
        certificates
          .issue([`callback.${zone}`, seenAs, 'localhost', '127.0.0.1'])
          .then((tls) => startCallback(tls, { http: place('callback'), https: place('callback-tls') })),
      ),
    ])
    const egress = await started(startEgress({ zone, exchangers, callback, seenAs, place: place('egress') }))
    const handlers = sandboxMethods({ wire, dns, callback, egress, passingOn })
    for (const [method, handler] of Object.entries(options.handlers ?? {})) handlers.set(method, handler)
    const control = await started<ControlServer>(startControl(handlers))
    const address: SandboxAddress = {
      zone,
      control: { url: control.url, token: control.token },
      mailbox: { url: mailbox.url, smtp: mailbox.smtp, ...accessTo(mailbox) },
      seenAs,
      dns: { host: dns.host, port: dns.port },
      egress: `http://${seenAs}:${egress.port}`,
      callback: {
        http: `http://${seenAs}:${callback.ports.http}`,
        https: `https://${seenAs}:${callback.ports.https}`,
      },
      ca: certificates.ca,
      exchangers: bound,
      mx: own === null ? null : { port: own.port },
    }
    return {
      address,
      wire,
      dns,
      forwarded: forwarded?.listener ?? null,
      issueCertificate: certificates.issue,
      refusal: passingOn.refusal,
      clearMailbox: async () => (existing === null ? [] : clearMailbox(existing, zone)),
      close,
    }
  } catch (error) {
    // What is still on its way up must come down as well.
    await Promise.allSettled(starting)
    await close()
    throw error
  }
}

/** Nobody else's machine, and no container, finds what listens on loopback addresses of this one. */
async function ownAddresses(
  seenAs: string,
  options: Parameters<typeof startOwnAddresses>[0],
): Promise<OwnAddresses | null> {
  return seenAs.startsWith('127.') ? startOwnAddresses(options) : null
}

function accessTo({ auth, ca }: MailboxAddress): Pick<MailboxAddress, 'auth' | 'ca'> {
  return { ...(auth === undefined ? {} : { auth }), ...(ca === undefined ? {} : { ca }) }
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
