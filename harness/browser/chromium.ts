import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, rename } from 'node:fs/promises'
import { homedir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Browser } from '@playwright/test'
import { createRunFolder, removeLeftFolders } from '../drivers/run-folder.ts'
import { Unproven } from '../verdicts.ts'

/** Where distributions put theirs. */
const installed = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

const packed = { version: '153.0.0', program: 'chromium' } as const

/**
 * Starts Chromium: Playwright's own, else one that is installed, else the one that comes as a package. All that it
 * connects to goes to `proxy`, loopback as well. Throws Unproven where there is none that starts.
 */
export async function launchChromium(proxy: string): Promise<Browser> {
  // Loaded on use: it is installed by those who want their pages looked at.
  const { chromium } = await import('@playwright/test')
  const executablePath = await findChromium(chromium.executablePath())
  const launch = (chromiumSandbox: boolean) =>
    chromium.launch({
      ...(executablePath === null ? {} : { executablePath }),
      chromiumSandbox,
      // Without the bypass rule loopback would be reached directly.
      proxy: { server: proxy, bypass: '<-loopback>' },
      // Playwright switches it off: a page that navigates without end would flood the browser, which other pages share.
      ignoreDefaultArgs: ['--disable-ipc-flooding-protection'],
      args: [
        '--disable-quic',
        '--disable-gpu',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        '--no-pings',
        '--force-webrtc-ip-handling-policy=disable_non_proxied_udp',
      ],
    })
  // Its own sandbox is not for root, and not where a container forbids user namespaces.
  const started = process.getuid?.() === 0 ? launch(false) : launch(true).catch(() => launch(false))
  return started.catch((error: Error) => {
    throw noBrowser(`no Chromium starts: ${error.message.split('\n')[0]}`)
  })
}

/** `null` for Playwright's own. */
async function findChromium(playwrights: string): Promise<string | null> {
  if (existsSync(playwrights)) return null
  const found = installed.find((file) => existsSync(file))
  if (found !== undefined) return found
  if (process.platform !== 'linux' || process.arch !== 'x64') throw noBrowser('there is no Chromium')
  return unpacked()
}

/** The packed one, unpacked into the user's cache once: some seconds. */
async function unpacked(): Promise<string> {
  const cache = path.join(process.env['XDG_CACHE_HOME'] ?? path.join(homedir(), '.cache'), 'postern')
  const folder = path.join(cache, `chromium-${packed.version}`)
  const program = path.join(folder, packed.program)
  if (existsSync(program)) return program
  const unfit = (error: Error) =>
    noBrowser(`the packed Chromium cannot be unpacked into ${cache}: ${error.message.split('\n')[0]}`)
  const partial = await mkdir(cache, { recursive: true })
    .then(() => removeLeftFolders(cache))
    .then(() => createRunFolder('unpacking', cache))
    .catch((error: Error) => {
      throw unfit(error)
    })
  const whole = path.join(partial.path, 'chromium')
  try {
    await mkdir(whole)
    const script = "import('@sparticuz/chromium').then(({ default: chromium }) => chromium.executablePath())"
    // The package unpacks into the folder for temporary files.
    await promisify(execFile)(process.execPath, ['-e', script], {
      cwd: fileURLToPath(new URL('../..', import.meta.url)),
      env: { ...process.env, TMPDIR: whole },
    })
    // Another run may have been faster.
    await rename(whole, folder).catch((error: Error) => {
      if (!existsSync(program)) throw error
    })
    return program
  } catch (error) {
    throw unfit(error as Error)
  } finally {
    await partial.remove()
  }
}

function noBrowser(what: string): Unproven {
  return new Unproven(
    what,
    'install one with npx playwright install --with-deps chromium (on Linux npm install --save-dev @sparticuz/chromium does as well), and run again',
  )
}
