import { parentPort } from 'node:worker_threads'

/** What a module named by `target.embedded` exports; the reference API does. */
interface EmbeddedModule {
  start(settings: object): Promise<{
    readonly records: readonly object[]
    readonly exports: Readonly<Record<string, string>>
    close(): Promise<void>
  }>
}

export type HostRequest =
  | { readonly id: number; readonly up: { readonly module: string; readonly settings: object } }
  | { readonly id: number; readonly down: number }

export interface HostReply {
  /** Of the request that it answers, or that brought up whose log this is a line of. */
  readonly id: number
  readonly line?: string
  readonly result?: unknown
  readonly error?: {
    readonly name: string
    readonly message: string
    /** Of an `UnknownWeakness`: which one was asked for, and which there are. */
    readonly asked?: string
    readonly known?: readonly string[]
  }
}

/** The thread in which embedded targets run: beside the sandbox, so that neither waits for the other's work. */
const running = new Map<number, { close(): Promise<void> }>()

parentPort?.on('message', async (request: HostRequest) => {
  const reply = (rest: Omit<HostReply, 'id'>) => parentPort?.postMessage({ id: request.id, ...rest })
  try {
    if ('down' in request) {
      await running.get(request.down)?.close()
      running.delete(request.down)
      return reply({})
    }
    const { start } = (await import(request.up.module)) as EmbeddedModule
    const log = (line: string) => reply({ line })
    const target = await start({ ...request.up.settings, log })
    running.set(request.id, target)
    reply({ result: { records: target.records, exports: target.exports } })
  } catch (error) {
    const { name, message, asked, known } = (
      error instanceof Error ? error : new Error(String(error))
    ) as NonNullable<HostReply['error']>
    reply({
      error: {
        ...{ name, message },
        ...(asked === undefined || known === undefined ? {} : { asked, known }),
      },
    })
  }
})
