import type { StartedTestContainer } from 'testcontainers'
import { Unavailable } from '../obstacles.ts'
import { variables } from '../profile/secrets.ts'
import type { ProfileData, ProfileDocument } from '../profile/shape.ts'
import type { Forwarder } from '../sandbox/forwarded-addresses.ts'
import { smtpPort } from '../sandbox/own-addresses.ts'
import type { Sandbox } from '../sandbox/sandbox.ts'
import { type ContainerSettings, startContainer } from './container.ts'
import { filledIn } from './filled-in.ts'

/** A container to which a whole range of its network leads, and which carries mail and names from there to the sandbox. */
export interface StartedForwarder extends Forwarder {
  readonly container: StartedTestContainer
  /** Once the sandbox listens. Throws Unavailable. */
  lead(sandbox: Sandbox): Promise<void>
}

/** nginx with its stream module, `sh` and `ip`. */
const forwarderImage = 'nginx:1.30.6-alpine'
/** Where names are asked for. */
const dnsPort = 53
const ready = 'forwarder ready'

/**
 * Whether the target finds mail exchangers by names and addresses alone: it delivers by MX, and is not told of the egress, which
 * tells exchangers apart as well; or the profile asks for a forwarder.
 */
export function wantsForwarder({ target, mail, sandbox }: ProfileData): boolean {
  if (mail.recipients?.route !== 'mx') return false
  return sandbox?.forwarder !== undefined || !refersTo(target.container, 'sandbox:egress')
}

/** Whether the target learns from its settings where to ask for names; its container's resolver is told otherwise. */
export function isToldOfNameserver({ target }: ProfileData): boolean {
  return refersTo(target.container, 'sandbox:dns')
}

function refersTo(settings: unknown, key: string): boolean {
  return variables(JSON.stringify(settings ?? null)).includes(key)
}

/** Proves that the image and the engine can do it. Throws Unavailable where they cannot. */
export async function startForwarder(
  document: ProfileDocument,
  place: Pick<ContainerSettings, 'engine' | 'network' | 'signal' | 'log'>,
): Promise<StartedForwarder> {
  const { forwarder, ports = {} } = document.data.sandbox ?? {}
  const at = ['sandbox', 'forwarder', 'image']
  const image = filledIn(document, at, forwarder?.image ?? forwarderImage, process.env, 'needed')
  const port = ports['mx'] ?? smtpPort
  const { gateway, name, spare: range } = place.network
  if (range === null)
    throw new Unavailable(
      `expected a network of which the engine keeps addresses free; seen none for ${name}; see its pools of addresses (docker info)`,
    )
  const trial = settings({ port, host: '127.0.0.1', smtp: 1, dns: 1 })
  const container = await startContainer(image, {
    ...place,
    alias: 'forwarder',
    entrypoint: ['sh', '-c', `${route} && ${save} && ${nginx} -t && echo ${ready} && exec sleep 2147483647`],
    capabilities: ['NET_ADMIN', 'NET_BIND_SERVICE', 'SETGID', 'SETUID'],
    data: { run: ['sh', trial, range], ports: [], ready: { log: ready }, readOnly: true },
  })
  return {
    container,
    range,
    port,
    from: gateway === null ? null : container.getIpAddress(name),
    async lead({ forwarded, address }) {
      if (forwarded === null) throw new TypeError('expected a sandbox with a forwarder')
      const host = gateway ?? 'host.docker.internal'
      const real = settings({ port, host, smtp: forwarded.port, dns: address.dns.port })
      const { exitCode, output } = await container.exec(['sh', '-c', `${save} && exec ${nginx}`, 'sh', real])
      if (exitCode !== 0)
        throw new Unavailable(
          `expected nginx in ${image} to forward mail; seen it end with ${exitCode}: ${output.trim().slice(0, 300)}; see sandbox.forwarder in the profile`,
        )
    },
  }
}

/** Every address of the range is this container's from then on, and is said to be where its network asks for it (ARP). */
const route = 'ip route add local "$2" dev lo'
const save = 'printf %s "$1" >/tmp/nginx.conf'
/** In the background. */
const nginx = 'nginx -e stderr -c /tmp/nginx.conf'

interface Ends {
  readonly port: number
  readonly host: string
  readonly smtp: number
  readonly dns: number
}

/** Of nginx: a PROXY header tells the exchangers which address was called; the end of one side is no end of the other. */
function settings({ port, host, smtp, dns }: Ends): string {
  return `
# Where Debian has the module.
include /etc/nginx/modules-enabled/*.conf;
user nobody root;
worker_processes 1;
pid /tmp/nginx.pid;
error_log /proc/1/fd/2 warn;
events { worker_connections 8192; }
stream {
  proxy_timeout 1h;
  proxy_half_close on;
  server { listen ${port}; proxy_pass ${host}:${smtp}; proxy_protocol on; }
  server { listen ${dnsPort}; proxy_pass ${host}:${dns}; }
  server { listen ${dnsPort} udp; proxy_pass ${host}:${dns}; proxy_responses 1; proxy_timeout 5s; }
}
`
}
