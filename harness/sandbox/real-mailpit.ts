import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as after } from 'node:timers/promises'
import { freePort } from './free-port.ts'
import type { Mailbox } from './mailbox.ts'
import { type MailboxAddress, mailpitAt, mailpitProblem } from './mailpit.ts'

/**
 * For tests: a real Mailpit on free loopback ports. `access` says how its REST API is reached where flags in `more` protect
 * it: its scheme is https where it has a `ca`. Throws where there is none.
 */
export async function startMailpit(
  binary: string | null,
  more: readonly string[] = [],
  access: Pick<MailboxAddress, 'auth' | 'ca'> = {},
): Promise<Mailbox & { readonly pid: number }> {
  if (binary === null) throw new Error('no Mailpit')
  const [http, smtp] = await Promise.all([freePort(), freePort()])
  const places = ['--listen', `127.0.0.1:${http}`, '--smtp', `127.0.0.1:${smtp}`]
  const flags = [...places, '--disable-version-check', '--smtp-disable-rdns', ...more]
  const child = spawn(binary, flags, { stdio: 'ignore' })
  const url = `${access.ca === undefined ? 'http' : 'https'}://127.0.0.1:${http}`
  const client = mailpitAt({ url, smtp: null, ...access })
  while ((await mailpitProblem(client)) !== null) {
    if (child.exitCode !== null) throw new Error(`Mailpit ended with ${child.exitCode}`)
    await after(20)
  }
  return {
    pid: child.pid ?? 0,
    url,
    ...access,
    smtp: { host: '127.0.0.1', port: smtp },
    async close() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const ended = once(child, 'exit')
      child.kill()
      // A test may have stopped it.
      child.kill('SIGCONT')
      await ended
    },
  }
}
