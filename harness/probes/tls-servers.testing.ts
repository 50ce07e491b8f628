import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import { freePort } from '../sandbox/free-port.ts'
import type { TlsEndpoint } from './tls.ts'
import { type TlsVersion, tlsVersions } from './tls-hello.ts'

const run = promisify(execFile)

/** For tests: how a server of somebody else's speaks TLS, by a library of its own. */
export interface TlsSetting {
  readonly name: string
  readonly server: 'nginx' | 'stunnel' | 'postfix' | 'tlslite'
  readonly oldest: TlsVersion
  readonly newest: TlsVersion
  /** OpenSSL's list, for TLS 1.2 and older; tlslite's own. */
  readonly ciphers: string
  /** The size of its finite-field group; the server's own where it is left out. */
  readonly bits?: 512 | 1024 | 1536 | 2048
  /** OpenSSL's list. */
  readonly curves?: string
  /** RSA where it is left out. */
  readonly key?: 'EC'
}

export interface TlsServers {
  at(setting: TlsSetting): TlsEndpoint
  /** Of Postfix without TLS. */
  readonly clear: TlsEndpoint
  close(): Promise<void>
}

interface Placed extends TlsSetting {
  readonly port: number
}

/** Which of these programs is not there; `null` where all are. */
export async function missingProgram(...programs: readonly string[]): Promise<string | null> {
  for (const program of programs) {
    const found = await run('sh', ['-c', 'command -v "$0"', program]).catch(() => null)
    if (found === null) return `no ${program}`
  }
  return null
}

/** Starts each program once, with all its settings, on loopback ports of their own; nothing of the system's is touched. */
export async function startTlsServers(settings: readonly TlsSetting[]): Promise<TlsServers> {
  const folder = await mkdtemp(path.join(tmpdir(), 'postern-tls-'))
  // Postfix works as a user of its own.
  await chmod(folder, 0o755)
  const running: Program[] = []
  const placed: Placed[] = []
  for (const setting of settings) placed.push({ ...setting, port: await freePort() })
  const clear = await freePort()
  const by = (server: TlsSetting['server']) => placed.filter((setting) => setting.server === server)
  const start = (command: string, args: readonly string[]) => {
    const child = spawn(command, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
    const program: Program = { child, said: '' }
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => {
        program.said = (program.said + text).slice(-4000)
      })
    running.push(program)
  }
  try {
    await makeKeys(folder, placed)
    await writeFile(path.join(folder, 'nginx.conf'), nginx(folder, by('nginx')))
    start('nginx', ['-p', folder, '-c', 'nginx.conf', '-e', 'nginx.log'])
    for (const kind of ['RSA', 'EC']) await appendGroup(folder, kind)
    await writeFile(path.join(folder, 'stunnel.conf'), stunnel(folder, by('stunnel')))
    start('stunnel4', ['stunnel.conf'])
    await makePostfix(folder, by('postfix'), clear)
    await postfix(folder, 'start')
    for (const setting of by('tlslite')) start('tls.py', tlslite(setting))
    await Promise.all([...placed.map(({ port }) => port), clear].map((port) => listening(port, running)))
  } catch (error) {
    await close(folder, running)
    throw error
  }
  const place = (port: number, server: string): TlsEndpoint => ({
    ...{ host: '127.0.0.1', port },
    ...(server === 'postfix' ? { starttls: 'smtp' as const } : {}),
  })
  return {
    at(setting) {
      const { port } = placed.find(({ name }) => name === setting.name) ?? {}
      if (port === undefined) throw new Error(`${setting.name} was not started`)
      return place(port, setting.server)
    },
    clear: place(clear, 'postfix'),
    close: () => close(folder, running),
  }
}

interface Program {
  readonly child: ChildProcess
  /** The last that it wrote. */
  said: string
}

async function close(folder: string, running: readonly Program[]): Promise<void> {
  for (const { child } of running) child.kill()
  await postfix(folder, 'stop')
  await Promise.all(running.map((program) => (hasEnded(program) ? null : once(program.child, 'close'))))
  await rm(folder, { recursive: true })
}

/** It has a way of its own to go to the background, with whatever it was given to write to. */
async function postfix(folder: string, verb: 'start' | 'stop'): Promise<void> {
  await once(spawn('postfix', ['-c', path.join(folder, 'postfix'), verb], { stdio: 'ignore' }), 'exit')
}

function hasEnded({ child }: Program): boolean {
  return child.exitCode !== null || child.signalCode !== null
}

/** None of these programs says when it is ready. */
async function listening(port: number, running: readonly Program[]): Promise<void> {
  while (!running.some(hasEnded)) {
    const socket = connect({ host: '127.0.0.1', port })
    const connected = await once(socket, 'connect').then(
      () => true,
      () => false,
    )
    socket.destroy()
    if (connected) return
    await pause(20)
  }
  const ended = running.find(hasEnded)
  throw new Error(`nobody listens on ${port}: ${ended?.child.spawnargs.join(' ')} ended\n${ended?.said}`)
}

async function makeKeys(folder: string, settings: readonly TlsSetting[]): Promise<void> {
  const request = ['req', '-x509', '-nodes', '-days', '2', '-subj', '/CN=localhost']
  for (const [name, ...kind] of [
    ['RSA', '-newkey', 'rsa:2048'],
    ['EC', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'],
  ]) {
    const files = ['-keyout', `${name}.key`, '-out', `${name}.crt`]
    await run('openssl', [...request, ...kind, ...files], { cwd: folder })
  }
  for (const bits of new Set([2048, ...settings.flatMap(({ bits }) => bits ?? [])] as const)) {
    // Where a group of that size has a name, no prime has to be looked for.
    const name = { 512: null, 1024: null, 1536: 'modp_1536', 2048: 'ffdhe2048' }[bits]
    const made = name === null ? ['dhparam'] : ['genpkey', '-genparam', '-algorithm', 'DH']
    const what = name === null ? [String(bits)] : ['-pkeyopt', `group:${name}`]
    await run('openssl', [...made, '-out', `dh${bits}`, ...what], { cwd: folder })
  }
}

function spoken({ oldest, newest }: TlsSetting): readonly TlsVersion[] {
  return tlsVersions.slice(tlsVersions.indexOf(oldest), tlsVersions.indexOf(newest) + 1)
}

function nginx(folder: string, settings: readonly Placed[]): string {
  const servers = settings.map(
    (setting) => `server {
      listen 127.0.0.1:${setting.port} ssl;
      ssl_certificate ${setting.key ?? 'RSA'}.crt;
      ssl_certificate_key ${setting.key ?? 'RSA'}.key;
      ssl_protocols ${spoken(setting).join(' ')};
      ssl_ciphers ${setting.ciphers}:@SECLEVEL=0;
      ${setting.bits === undefined ? '' : `ssl_dhparam dh${setting.bits};`}
      ${setting.curves === undefined ? '' : `ssl_ecdh_curve ${setting.curves};`}
    }`,
  )
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `${kind}_temp_path ${folder};`,
  )
  return `daemon off; pid nginx.pid; events {}
    http { access_log off; ${temporary.join(' ')} ${servers.join('\n')} }`
}

/** Without a finite-field group stunnel looks for a prime for a minute. */
async function appendGroup(folder: string, kind: string): Promise<void> {
  const [certificate, group] = await Promise.all(
    [`${kind}.crt`, 'dh2048'].map((file) => readFile(path.join(folder, file), 'utf8')),
  )
  await writeFile(path.join(folder, `${kind}-with-group.crt`), `${certificate}${group}`)
}

function stunnel(folder: string, settings: readonly Placed[]): string {
  const services = settings.map(
    (setting) => `[${setting.port}]
      accept = 127.0.0.1:${setting.port}
      connect = 127.0.0.1:9
      cert = ${folder}/${setting.key ?? 'RSA'}-with-group.crt
      key = ${folder}/${setting.key ?? 'RSA'}.key
      sslVersionMin = ${setting.oldest}
      sslVersionMax = ${setting.newest}
      securityLevel = 0
      ciphers = ${setting.ciphers}
      ${setting.curves === undefined ? '' : `curves = ${setting.curves}`}`,
  )
  return ['foreground = quiet', 'pid =', ...services].join('\n')
}

async function makePostfix(folder: string, settings: readonly Placed[], clear: number): Promise<void> {
  for (const part of ['postfix', 'queue', 'data']) await mkdir(path.join(folder, part))
  await run('chown', ['postfix', path.join(folder, 'data')])
  const main = [
    ...['compatibility_level = 3.6', 'inet_interfaces = 127.0.0.1', 'mynetworks_style = host'],
    ...[`queue_directory = ${folder}/queue`, `data_directory = ${folder}/data`],
    ...[`maillog_file_prefixes = ${folder}`, `maillog_file = ${folder}/postfix.log`],
    ...['smtpd_tls_security_level = may', 'smtpd_tls_ciphers = high'],
    ...[`smtpd_tls_cert_file = ${folder}/RSA.crt`, `smtpd_tls_key_file = ${folder}/RSA.key`],
  ]
  const service = (port: number, options: readonly string[]) =>
    `127.0.0.1:${port} inet n - n - - smtpd${options.map((option) => ` -o ${option}`).join('')}`
  const master = [
    ...settings.map(({ port, oldest, newest, ciphers, bits, curves }) =>
      service(port, [
        `smtpd_tls_protocols=>=${oldest},<=${newest}`,
        `tls_high_cipherlist=${ciphers}:@SECLEVEL=0`,
        ...(bits === undefined ? [] : [`smtpd_tls_dh1024_param_file=${folder}/dh${bits}`]),
        ...(curves === undefined ? [] : [`tls_eecdh_auto_curves=${curves}`]),
      ]),
    ),
    service(clear, ['smtpd_tls_security_level=none']),
    'tlsmgr unix - - n 1000? 1 tlsmgr',
    'anvil unix - - n - 1 anvil',
    ...['rewrite unix - - n - - trivial-rewrite', 'proxymap unix - - n - - proxymap'],
    'postlog unix-dgram n - n - 1 postlogd',
  ]
  await writeFile(path.join(folder, 'postfix/main.cf'), `${main.join('\n')}\n`)
  await writeFile(path.join(folder, 'postfix/master.cf'), `${master.join('\n')}\n`)
}

/** It speaks what OpenSSL no longer does. */
function tlslite({ port, oldest, newest, ciphers, bits }: Placed): string[] {
  return [
    ...['server', '-k', 'RSA.key', '-c', 'RSA.crt', '--cipherlist', ciphers],
    ...[
      '--max-ver',
      newest
        .replace('TLSv1', 'tls1')
        .replace('SSLv3', 'ssl3')
        .replace(/^tls1$/, 'tls1.0'),
    ],
    ...(oldest === 'SSLv3' ? ['--ssl3'] : []),
    ...(bits === undefined ? [] : ['--param', `dh${bits}`]),
    `127.0.0.1:${port}`,
  ]
}
