import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as after } from 'node:timers/promises'
import { freePort } from '../drivers/free-port.ts'
import type { Mailbox } from './mailbox.ts'

/** For tests: a real Mailpit without authentication, on free loopback ports. Throws where there is none. */
export async function startMailpit(
  binary: string | null,
  more: readonly string[] = [],
): Promise<Pick<Mailbox, 'url' | 'smtp' | 'close'>> {
  if (binary === null) throw new Error('no Mailpit')
  const [http, smtp] = await Promise.all([freePort(), freePort()])
  const places = ['--listen', `127.0.0.1:${http}`, '--smtp', `127.0.0.1:${smtp}`]
  const flags = [...places, '--disable-version-check', '--smtp-disable-rdns', ...more]
  const child = spawn(binary, flags, { stdio: 'ignore' })
  const url = `http://127.0.0.1:${http}`
  while ((await fetch(`${url}/readyz`).catch(() => null))?.status !== 200) {
    if (child.exitCode !== null) throw new Error(`Mailpit ended with ${child.exitCode}`)
    await after(20)
  }
  return {
    url,
    smtp: { host: '127.0.0.1', port: smtp },
    async close() {
      child.kill()
      await once(child, 'exit')
    },
  }
}
