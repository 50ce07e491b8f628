import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type Profile, readProfile, resolveProfile } from '../profile/profile.ts'
import { type Api, type ApiOptions, closeApi, createApi } from './api.ts'
import { createReach, type Reach, type ReachOptions } from './reach.ts'

/** For tests: one request as it was on the wire. */
export interface Recorded {
  readonly method: string
  readonly path: string
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: string
}

export interface Scripted {
  readonly status?: number
  readonly headers?: Record<string, string | string[]>
  readonly body?: unknown
}

export interface RecordingTarget {
  readonly url: string
  readonly requests: readonly Recorded[]
  close(): Promise<void>
}

/** For tests: a target that records what it is asked and answers by script; `null` closes the connection. */
export async function startRecordingTarget(
  answer: (request: Recorded) => Scripted | null | Promise<Scripted | null>,
): Promise<RecordingTarget> {
  const requests: Recorded[] = []
  const server = createServer(async (incoming, outgoing) => {
    const recorded = await record(incoming)
    requests.push(recorded)
    const scripted = await answer(recorded)
    if (scripted === null) return void incoming.socket.destroy()
    const { status = 200, headers = {}, body = {} } = scripted
    outgoing.writeHead(status, { 'content-type': 'application/json', ...headers })
    outgoing.end(typeof body === 'string' ? body : JSON.stringify(body))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    async close() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

async function record(incoming: IncomingMessage): Promise<Recorded> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  const raw = incoming.rawHeaders
  return {
    method: incoming.method ?? '',
    path: incoming.url ?? '',
    headers: Array.from(
      { length: raw.length / 2 },
      (_, i) => [raw[2 * i] ?? '', raw[2 * i + 1] ?? ''] as const,
    ),
    body: Buffer.concat(chunks).toString('latin1'),
  }
}

/** The value of a header field. */
export function field(request: Recorded | undefined, name: string): string | undefined {
  return request?.headers.find(([n]) => n.toLowerCase() === name.toLowerCase())?.[1]
}

/** For tests: reads a profile that stands in a text. */
export async function withProfileFile<T>(yaml: string, use: (file: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(path.join(tmpdir(), 'postern-profile-'))
  try {
    const file = path.join(folder, 'target.yaml')
    await writeFile(file, yaml)
    return await use(file)
  } finally {
    await rm(folder, { recursive: true })
  }
}

export const zone = '0a1b2c3d.postern.test'

export interface Rig {
  readonly api: Api
  readonly profile: Profile
  readonly reach: Reach
  readonly requests: readonly Recorded[]
  /** Another check's view of the same target. */
  another(check: string): Api
}

type RigOptions = {
  profile: string
  env?: Record<string, string>
  reach?: Partial<ReachOptions>
} & Partial<Pick<ApiOptions, 'journal' | 'mailing' | 'inbox'>>

/** For tests: an Api over a profile whose target records; everything is closed afterwards. */
export async function withApi(
  options: RigOptions & { answer?: Parameters<typeof startRecordingTarget>[0] },
  use: (rig: Rig) => Promise<void>,
): Promise<void> {
  const target = await startRecordingTarget(options.answer ?? (() => ({})))
  try {
    await withApiOf(target.url, options, (rig) => use({ ...rig, requests: target.requests }))
  } finally {
    await target.close()
  }
}

/** For tests: the same over a target that is there already. */
export async function withApiOf(
  url: string,
  options: RigOptions,
  use: (rig: Omit<Rig, 'requests'>) => Promise<void>,
): Promise<void> {
  const yaml = `name: a target\ntarget: {url: '${url}'}\n${options.profile}`
  const profile = await withProfileFile(yaml, async (file) =>
    resolveProfile(await readProfile(file), { TARGET_URL: url, ...options.env }),
  )
  const reach = createReach({ profile, zone, ...options.reach })
  const { journal, mailing, inbox } = options
  const another = (check: string) => createApi({ profile, reach, check, journal, mailing, inbox })
  try {
    await use({ api: another('suite/check'), profile, reach, another })
  } finally {
    await closeApi(profile)
  }
}
