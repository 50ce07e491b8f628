import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { Agent, request } from 'undici'
import { expect, test, vi } from 'vitest'
import { inPlace, type Place } from '../runner/spawned.ts'
import { root } from '../runner/vitest.ts'
import { createCertificates } from '../sandbox/certificates.ts'
import { freePort } from './free-port.ts'

// Whole runs, on machines that may have little to run them on.
vi.setConfig({ testTimeout: 180_000 })

interface Staging {
  readonly place: Place
  readonly run: (more: string, args: readonly string[]) => ReturnType<Place['postern']>
  /** What is there of keys, users, templates and domains, by their ids. */
  readonly inventory: () => Promise<string[]>
}

/** The reference API as somebody else's program, which was told beforehand where the sandbox will be. */
async function withStaging(use: (staging: Staging) => Promise<void>): Promise<void> {
  await inPlace(async (place) => {
    const file = (name: string) => path.join(place.folder, name)
    const keys = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2']
    const outputs = ['-keyout', file('authority-key.pem'), '-out', file('ca.pem')]
    execFileSync('openssl', ['req', '-x509', ...keys, '-subj', '/CN=Staging', ...outputs], {
      stdio: 'ignore',
    })
    const pem = (await readFile(file('ca.pem'), 'utf8')) + (await readFile(file('authority-key.pem'), 'utf8'))
    await writeFile(file('authority.pem'), pem)
    const { key, cert } = await (await createCertificates('x.test', pem)).issue(['127.0.0.1', 'localhost'])
    const [dns, egress] = await Promise.all([freePort(), freePort()])
    const child = spawn(process.execPath, [`${root}fixtures/reference-api/main.ts`], {
      env: {
        REFERENCE_ZONE: 'external.staging.postern.test',
        REFERENCE_SEED: '1',
        REFERENCE_RETRY_DELAYS: '100,200',
        REFERENCE_TLS_KEY: key,
        REFERENCE_TLS_CERT: cert,
        REFERENCE_DNS: `127.0.0.1:${dns}`,
        REFERENCE_EGRESS: `http://127.0.0.1:${egress}`,
        REFERENCE_TRUST: file('ca.pem'),
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    try {
      const [line] = (await once(createInterface(child.stdout), 'line')) as [string]
      const { exports, records } = JSON.parse(line) as { exports: Record<string, string>; records: object[] }
      const run = (more: string, args: readonly string[]) =>
        start(
          place,
          exports,
          `ca: ca.pem\n${more}sandbox: ${JSON.stringify({ authority: 'authority.pem', records, ports: { dns, egress } })}\n`,
          args,
        )
      await use({ place, run, inventory: await inventoryOf(exports, pem) })
    } finally {
      child.kill()
      await once(child, 'exit')
    }
  })
}

function start(place: Place, exports: Record<string, string>, yaml: string, args: readonly string[]) {
  const profile = path.join(place.folder, 'target.yaml')
  writeFileSync(profile, `extends: ${root}fixtures/targets/reference-staging.yaml\n${yaml}`)
  return place.postern(['run', '--target', profile, '--out', place.out, ...args], exports)
}

/** Signs in at once: after checks of sign-in limits nobody can for a while. */
async function inventoryOf(
  exports: Readonly<Record<string, string>>,
  ca: string,
): Promise<() => Promise<string[]>> {
  const dispatcher = new Agent({ connect: { ca } })
  const call = async (where: string, options: object) => {
    const { body } = await request(`${exports['REFERENCE_URL']}${where}`, { dispatcher, ...options })
    return (await body.json()) as {
      access_token?: string
      data?: { id: string; revoked_at?: string | null }[]
    }
  }
  const signedIn = ['ADMIN', 'NEIGHBOUR', 'EXPENDABLE'].map(async (who) => {
    const [email, password] = [exports[`REFERENCE_${who}_EMAIL`], exports[`REFERENCE_${who}_PASSWORD`]]
    const body = JSON.stringify({ email, password })
    return call('/v1/session', { method: 'POST', headers: { 'content-type': 'application/json' }, body })
  })
  const tokens = (await Promise.all(signedIn)).map(({ access_token }) => access_token)
  return async () => {
    const lists = tokens.flatMap((token) =>
      ['keys', 'users', 'templates', 'domains', 'contacts'].map((kind) =>
        call(`/v1/${kind}?limit=100`, { headers: { authorization: `Bearer ${token}` } }),
      ),
    )
    return (await Promise.all(lists))
      .flatMap(({ data = [] }) => data.filter(({ revoked_at: revoked }) => !revoked).map(({ id }) => id))
      .sort()
  }
}

test('a staging has the verdicts of the embedded target, and nothing is left there', async () => {
  await withStaging(async ({ place, run, inventory }) => {
    const before = await inventory()
    const { code, stdout } = await run('', ['--reach', 'disruptive']).ended
    expect({ code, stdout }).toMatchObject({ code: 0 })
    const { driver, outcomes } = await place.report()
    expect(driver).toBe('external')
    expect(
      outcomes
        .filter(({ verdict }) => verdict !== 'pass')
        .map(({ check, verdict, reason }) => ({ check, verdict, reason })),
    ).toEqual([])
    expect(await inventory()).toEqual(before)
  })
})

test('a staging is left alone beyond what was allowed: reading, unless more is asked for', async () => {
  await withStaging(async ({ place, run, inventory }) => {
    const before = await inventory()
    expect((await run('', []).ended).code).toBe(0)
    const { reach, outcomes } = await place.report()
    expect(reach).toBe('safe')
    const held = outcomes.filter(({ verdict }) => verdict === 'not-applicable')
    expect(held.length).toBeGreaterThan(5)
    for (const { reason } of held) expect(reason).toMatch(/allow it with --reach (intrusive|disruptive)$/)
    expect(await inventory()).toEqual(before)
  })
})
