import { readdir, readFile, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { getContainerRuntimeClient } from 'testcontainers'
import { afterAll, expect, test, vi } from 'vitest'
import { findZapCore, NoZap } from '../../fixtures/zap/zap-core.ts'
import { createBudget } from '../api/budget.ts'
import { toCurl } from '../api/curl.ts'
import { isGone, processWith, readOwner } from '../drivers/owner.ts'
import type { Exchange, Outcome } from '../model.ts'
import { Unavailable } from '../obstacles.ts'
import { type Profile, readProfile, resolveProfile } from '../profile/profile.ts'
import { createRedactor } from '../profile/redact.ts'
import { testWith } from '../runner/parts.testing.ts'
import { inPlace, type Place } from '../runner/spawned.testing.ts'
import { alertOutcomes } from './alerts.ts'
import { startDaemon } from './daemon.ts'
import type { Daemon } from './daemon-setup.ts'
import { limitsOf } from './limits.ts'
import { explore } from './parts.ts'
import { openSession } from './session.ts'
import { connectZap, records, text } from './zap-client.ts'
import { startZap } from './zap-run.ts'

// ZAP is up after some 8 s, where nothing else asks for the processor.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 })

const core = await findZapCore().catch((error: unknown) => {
  if (error instanceof NoZap) return error
  throw error
})
const home = core instanceof NoZap ? '' : core
const zapTest = testWith('zap', core instanceof NoZap ? `no ZAP: ${core.message}` : null)
const engine = await getContainerRuntimeClient().catch(() => null)
const dockerTest = testWith('docker', engine === null ? 'no Docker engine' : null)
const key = 'sk_live_4f9c2d71aa'

/** A target with a page, a link in its own scope and one out of it; `seen` is what it was asked, and as whom. */
async function startTarget(onRequest: (request: IncomingMessage) => void = () => {}) {
  const seen: string[] = []
  const server: Server = createServer((request: IncomingMessage, response: ServerResponse) => {
    const { headers, method, url } = request
    seen.push(`${method} ${headers.host?.split(':')[0]} ${url} ${headers.authorization ?? 'nobody'}`)
    onRequest(request)
    if (url === '/openapi.json') return response.end('{"openapi":"3.1.0","paths":{"/contacts":{"get":{}}}}')
    response.setHeader('content-type', 'text/html')
    const other = `http://localhost:${(server.address() as AddressInfo).port}/elsewhere`
    return response.end(
      `<a href="/linked?to=<script>alert(1)</script>">in</a> <a href="${other}">out</a> ${headers.authorization}`,
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const close = () => {
    server.closeAllConnections()
    server.close()
  }
  return { url: `http://127.0.0.1:${port}`, seen, close }
}

const profileText = (url: string, zap: string) => `name: target
target: { url: "${url}" }
openapi: ${url}/openapi.json
principals: { sender: { bearer: "\${env:ZAP_TEST_KEY}" }, anonymous: { none: true } }
operations: { contact.list: { method: GET, path: /contacts, as: sender } }
mail: { from: sender@postern.test, recipients: { route: relay } }
zap: { principal: sender, ${zap} }
`

async function profileFor({ folder }: Place, url: string, zap: string): Promise<Profile> {
  const file = path.join(folder, 'target.yaml')
  await writeFile(file, profileText(url, zap))
  return resolveProfile(await readProfile(file), { ZAP_TEST_KEY: key })
}

const optionsFor = (profile: Profile) =>
  ({
    profile,
    comesUp: 'external',
    reach: 'intrusive',
    zone: 'z.postern.test',
    ca: '',
    take: createBudget(),
    out: null,
    signal: new AbortController().signal,
    print: () => {},
  }) as const

/** One for the tests that do not end it. */
let shared: Promise<Daemon> | null = null
const sharedDaemon = () => {
  shared ??= startDaemon(
    { home },
    {
      header: { name: 'authorization', value: `Bearer ${key}`, host: '127.0.0.1' },
      out: null,
      secrets: [],
      signal: new AbortController().signal,
    },
  )
  return shared
}
afterAll(async () => (await shared)?.close())

const verdictsOf = (outcomes: readonly Outcome[]) =>
  Object.fromEntries(outcomes.map(({ check, verdict }) => [check, verdict]))

zapTest(
  'ZAP says its version and add-ons; with another key the remedy is told, and never the key',
  async () => {
    const { address } = await sharedDaemon()
    const zap = await connectZap(address)
    expect(zap.version).toBe('2.17.0')
    expect([...zap.addOns]).toEqual(expect.arrayContaining(['network', 'spider']))
    const refused = await connectZap({ ...address, key: 'not-the-key' }).catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(Unavailable)
    expect(String(refused)).toMatch(/socket hang up.*wrong key.*zap\.key/)
    expect(JSON.stringify(refused, Object.getOwnPropertyNames(refused))).not.toContain('not-the-key')
    // Each client keeps its own key, although the package has one setting for all.
    expect(text(await zap.api.core.version(), 'version')).toBe('2.17.0')
  },
)

zapTest(
  'the spider stays in the scope, as the principal; an alert becomes an outcome without secrets',
  async () => {
    const target = await startTarget()
    await inPlace(async (place) => {
      const profile = await profileFor(place, target.url, `home: ${home}`)
      const daemon = await sharedDaemon()
      const zap = await connectZap(daemon.address)
      const limits = limitsOf(profile, { reach: 'safe', comesUp: 'external', exclude: [] })
      const credential = {
        kind: 'bearer',
        token: key,
        headers: [['authorization', `Bearer ${key}`]],
        query: [],
      } as const
      const session = await openSession({ ...optionsFor(profile), zap, daemon, limits, credential })
      await explore(session, profile, limits)
      expect(target.seen.some((line) => line.includes('/contacts'))).toBe(true)
      expect(target.seen.some((line) => line.includes('/linked'))).toBe(true)
      expect(target.seen.filter((line) => !line.endsWith(`Bearer ${key}`))).toEqual([])
      expect(target.seen.join()).not.toContain('elsewhere')

      // The core has no rules: the alerts are added by hand to what it really exchanged.
      const messages = records(await zap.api.core.messages({ baseurl: target.url }), 'messages')
      const messageid = text(
        messages.find((message) => text(message, 'requestHeader').includes('/contacts')),
        'id',
      )
      const alert = { messageid, description: 'd', cweid: '89', wascid: '19', evidence: '<b>\u001b[31m' }
      await zap.api.alert.addAlert({ ...alert, name: '<i>SQL</i>', riskid: '3', confidenceid: '1' })
      await zap.api.alert.addAlert({ ...alert, name: 'noise', riskid: '3', confidenceid: '0' })
      const redactor = createRedactor(profile.secrets)
      const script = (exchange: Exchange) => ({ before: [], line: toCurl(exchange, redactor) })
      const outcomes = await alertOutcomes(zap, { profile, redactor, judge: 'ZAP 2.17.0', script })
      expect(verdictsOf(outcomes)).toEqual({ 'zap/i-sql-i': 'fail' })
      expect(outcomes[0]).toMatchObject({
        severity: 'high',
        references: ['CWE-89', 'WASC-19'],
        weaknesses: [],
        variants: [],
        remediation: { effort: null },
      })
      const [finding] = outcomes[0]?.findings ?? []
      expect(finding).toMatchObject({ operation: 'contact.list', severity: 'high' })
      expect(finding?.actual).toMatch(/risk High, confidence Low \(ZAP itself is not sure/)
      expect(finding?.reproduce).toMatch(/^: 'ZAP .*\ncurl .*\/contacts'?$/)
      expect(JSON.stringify(outcomes)).not.toMatch(new RegExp(`${key}|\\\\u001b`))
      await session.leave()
    })
    target.close()
  },
)

/** `postern run` with a ZAP of its own, which calls back with the process of that ZAP at its first request. */
async function runWithZap(
  place: Place,
  { zap = `home: ${home}`, args = ['--suite', 'zap'], onScan = () => {} }: RunWithZap = {},
) {
  let scanning = false
  const target = await startTarget(async ({ headers }) => {
    if (scanning || !String(headers['user-agent']).startsWith('Mozilla')) return
    scanning = true
    onScan(await childIn(place), run.pid)
  })
  const file = path.join(place.folder, 'target.yaml')
  await writeFile(file, profileText(target.url, zap))
  const run = place.postern(['run', '--target', file, '--out', place.out, ...args], { ZAP_TEST_KEY: key })
  const ended = await run.ended
  target.close()
  return ended
}

interface RunWithZap {
  readonly zap?: string
  readonly args?: readonly string[]
  readonly onScan?: (zap: number, postern: number) => void
}

async function childIn({ temporary }: Place): Promise<number> {
  const [folder = ''] = (await readdir(temporary)).filter((name) => name.startsWith('postern-zap-'))
  return readOwner(await readFile(path.join(temporary, folder, 'group'), 'utf8'))?.pid ?? 0
}

const isRunning = (pid: number) => !isGone({ ...processWith(pid), since: '' })

zapTest(
  'what the core lacks is not applicable, by name; nothing is left, of a run that was killed neither',
  async () => {
    await inPlace(async (place) => {
      let left = 0
      const killed = await runWithZap(place, {
        onScan: (zap, postern) => {
          left = zap
          process.kill(postern, 'SIGKILL')
        },
      })
      expect(killed.signal).toBe('SIGKILL')
      expect(isRunning(left)).toBe(true)

      const { code } = await runWithZap(place)
      expect(code).toBe(2)
      const reasons = (await place.report()).outcomes.map(({ check, verdict, reason }) => [
        `${check}: ${verdict}`,
        reason?.match(/add-on (\w+)/)?.[1],
      ])
      expect(Object.fromEntries(reasons)).toEqual({
        'zap/openapi-import: not-applicable': 'openapi',
        'zap/passive-scan: not-applicable': 'pscan',
        'zap/active-scan: not-applicable': undefined,
      })
      expect(isRunning(left)).toBe(false)
      expect(await readdir(place.temporary)).toEqual([])
      expect(await readFile(path.join(place.out, 'logs', 'zap.log'), 'utf8')).not.toContain(key)
    })
  },
)

zapTest('a ZAP that dies in the middle makes its parts unproven, and the run ends with 2', async () => {
  await inPlace(async (place) => {
    const { code } = await runWithZap(place, { onScan: (zap) => process.kill(zap, 'SIGKILL') })
    expect(code).toBe(2)
    const { outcomes } = await place.report()
    expect(new Set(outcomes.map(({ verdict }) => verdict))).toEqual(new Set(['unproven']))
    expect(outcomes[0]?.reason).toContain('ZAP was lost during its scan: it ended with SIGKILL')
    expect(await readdir(place.temporary)).toEqual([])
  })
})

zapTest('an interrupt during the scan ends ZAP too', async () => {
  await inPlace(async (place) => {
    let child = 0
    const { code } = await runWithZap(place, {
      onScan: (zap, postern) => {
        child = zap
        process.kill(postern, 'SIGINT')
      },
    })
    expect(code).toBe(2)
    expect((await place.report()).complete).toBe(false)
    expect(isRunning(child)).toBe(false)
    expect(await readdir(place.temporary)).toEqual([])
  })
})

dockerTest('an image of ZAP that is not there is named with the remedy, and ends a run with 2', async () => {
  await inPlace(async (place) => {
    const { code, stderr } = await runWithZap(place, { zap: 'image: "postern.invalid/zap:none"' })
    expect(code).toBe(2)
    expect(stderr).toMatch(
      /^expected a container of postern\.invalid\/zap:none .*see zap\.image in the profile/,
    )
    expect(await readdir(place.temporary)).toEqual([])
  })
})

zapTest('the deadline cuts the scan and says so', async () => {
  const target = await startTarget()
  await inPlace(async (place) => {
    const { url, key: own } = (await sharedDaemon()).address
    const profile = await profileFor(place, target.url, `url: "${url}", minutes: 0.0001`)
    const settings = { url, key: own, principal: 'anonymous', minutes: 0.0001 }
    const run = await startZap({ ...optionsFor(profile), settings })
    const passive = (await run.scan(null)).find(({ check }) => check === 'zap/passive-scan')
    expect(passive).toMatchObject({ verdict: 'unproven' })
    expect(passive?.reason).toMatch(/deadline of 0.0001 minutes.*it cut spider/)
    // One that is not ours goes on.
    await run.close()
    expect((await connectZap({ url, key: own })).version).toBe('2.17.0')
  })
  target.close()
})

zapTest('a wrong key ends a run with 2 before anything was sent', async () => {
  const { url } = (await sharedDaemon()).address
  await inPlace(async (place) => {
    const wrong = `url: "${url}", key: "\${env:ZAP_TEST_KEY}"`
    const { code, stderr } = await runWithZap(place, { zap: wrong })
    expect(code).toBe(2)
    expect(stderr).toMatch(/^expected ZAP at .*socket hang up.*see zap\.key in the profile/)
    expect(stderr).not.toContain(key)
    expect(await place.documents()).toEqual({})
  })
})

test('--suite zap without a section zap in the profile is a usage error', async () => {
  await inPlace(async (place) => {
    const { code, stderr } = await place.postern(['run', '--suite', 'zap', '--out', place.out]).ended
    expect([code, stderr]).toEqual([
      3,
      expect.stringMatching(/^--suite zap: expected a section zap .* seen none/),
    ])
  })
})
