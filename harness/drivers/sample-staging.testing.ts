import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { inPlace, type Place, type Spawned } from '../runner/spawned.testing.ts'
import { createCertificates, type KeyAndCertificate } from '../sandbox/certificates.ts'
import { root } from '../tree.ts'

/** What a staging is built on: files in its place, an authority, and a certificate for loopback. */
export interface Grounds {
  readonly place: Place
  file(name: string): string
  /** PEM of the authority with its key; its certificate alone is the file `ca.pem`. */
  readonly authority: string
  readonly tls: KeyAndCertificate
}

export interface SampleStaging extends Grounds {
  /** Of the reference API. */
  readonly pid: number
  readonly exports: Readonly<Record<string, string>>
  readonly records: readonly object[]
  /** A run whose profile extends the staging's by this YAML. */
  run(yaml: string, args: readonly string[]): Spawned
  /** A command of postern with that profile; `env` stands above what the staging exports. */
  postern(yaml: string, args: readonly string[], env?: Readonly<Record<string, string>>): Spawned
}

/** For tests: the reference API as somebody else's program, with these settings besides its own. */
export async function withStaging(
  settings: (grounds: Grounds) => Promise<Readonly<Record<string, string>>>,
  use: (staging: SampleStaging) => Promise<void>,
): Promise<void> {
  await inPlace(async (place) => {
    const grounds = await prepare(place)
    const child = spawn(process.execPath, [`${root}fixtures/reference-api/main.ts`], {
      env: {
        REFERENCE_ZONE: 'external.staging.postern.test',
        REFERENCE_SEED: '1',
        REFERENCE_RETRY_DELAYS: '100,200,300',
        REFERENCE_DOMAIN_RECHECK: '1000',
        REFERENCE_WEBHOOK_OVERLAP: '1500',
        REFERENCE_TLS_KEY: grounds.tls.key,
        REFERENCE_TLS_CERT: grounds.tls.cert,
        REFERENCE_TRUST: grounds.file('ca.pem'),
        ...(await settings(grounds)),
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    try {
      const [line] = (await once(createInterface(child.stdout), 'line')) as [string]
      const { exports, records } = JSON.parse(line) as { exports: Record<string, string>; records: object[] }
      const postern: SampleStaging['postern'] = (yaml, [command = '', ...args], env = {}) => {
        const profile = grounds.file('target.yaml')
        writeFileSync(profile, `extends: ${root}fixtures/targets/reference-staging.yaml\nca: ca.pem\n${yaml}`)
        return place.postern([command, '--target', profile, ...args], { ...exports, ...env })
      }
      const run: SampleStaging['run'] = (yaml, args) => postern(yaml, ['run', '--out', place.out, ...args])
      await use({ ...grounds, pid: child.pid ?? 0, exports, records, run, postern })
    } finally {
      // A test may have ended it, or stopped it.
      if (child.exitCode === null && child.signalCode === null) {
        const ended = once(child, 'exit')
        child.kill()
        child.kill('SIGCONT')
        await ended
      }
    }
  })
}

async function prepare(place: Place): Promise<Grounds> {
  const file = (name: string) => path.join(place.folder, name)
  const keys = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2']
  const outputs = ['-keyout', file('authority-key.pem'), '-out', file('ca.pem')]
  execFileSync('openssl', ['req', '-x509', ...keys, '-subj', '/CN=Staging', ...outputs], { stdio: 'ignore' })
  const pems = await Promise.all(['ca.pem', 'authority-key.pem'].map((name) => readFile(file(name), 'utf8')))
  const authority = pems.join('')
  await writeFile(file('authority.pem'), authority)
  const { issue } = await createCertificates('x.test', authority)
  return { place, file, authority, tls: await issue(['127.0.0.1', 'localhost']) }
}
