import { Agent, request } from 'undici'
import { expect, test, vi } from 'vitest'
import type { Place, Spawned } from '../runner/spawned.testing.ts'
import { freePort } from '../sandbox/free-port.ts'
import { withStaging } from './sample-staging.testing.ts'

// Whole runs, on machines that may have little to run them on.
vi.setConfig({ testTimeout: 180_000 })

interface Staging {
  readonly place: Place
  readonly run: (args: readonly string[]) => Spawned
  /** What is there of keys, users, templates and domains, by their ids. */
  readonly inventory: () => Promise<string[]>
}

/** A staging that was told beforehand where the sandbox will be. */
async function withToldStaging(use: (staging: Staging) => Promise<void>): Promise<void> {
  const [dns, egress] = await Promise.all([freePort(), freePort()])
  const settings = { REFERENCE_DNS: `127.0.0.1:${dns}`, REFERENCE_EGRESS: `http://127.0.0.1:${egress}` }
  await withStaging(
    async () => settings,
    async ({ place, authority, exports, records, run }) => {
      const sandbox = { authority: 'authority.pem', records, ports: { dns, egress } }
      await use({
        place,
        run: (args) => run(`sandbox: ${JSON.stringify(sandbox)}\n`, args),
        inventory: await inventoryOf(exports, authority),
      })
    },
  )
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
  await withToldStaging(async ({ place, run, inventory }) => {
    const before = await inventory()
    const { code, stdout } = await run(['--reach', 'disruptive']).ended
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
  await withToldStaging(async ({ place, run, inventory }) => {
    const before = await inventory()
    expect((await run([]).ended).code).toBe(0)
    const { reach, outcomes } = await place.report()
    expect(reach).toBe('safe')
    const held = outcomes.filter(({ verdict }) => verdict === 'not-applicable')
    expect(held.length).toBeGreaterThan(5)
    for (const { reason } of held) expect(reason).toMatch(/allow it with --reach (intrusive|disruptive)$/)
    expect(await inventory()).toEqual(before)
  })
})
