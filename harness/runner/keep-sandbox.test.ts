import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { expect, test, vi } from 'vitest'
import { arrivalText } from './keep-sandbox.ts'
import { inPlace } from './spawned.testing.ts'

// A whole process, on machines that may have little to run it on.
vi.setConfig({ testTimeout: 120_000 })

const exec = promisify(execFile)

const attack = String.raw`
curl -sS --fail --cacert "$CA" -H "authorization: Bearer $REFERENCE_SENDER_KEY" -H 'content-type: application/json' \
  --data-raw '{"from":{"email":"postmaster@acme.'"$REFERENCE_ZONE"'"},"to":[{"email":"one@a.sound.'"$SANDBOX_ZONE"'"}],"subject":"Hello\r\nBcc: <hidden@a.sound.'"$SANDBOX_ZONE"'>","text":"x"}' \
  "$REFERENCE_URL/v1/messages"`

test('sandbox and target stay up, what arrives is printed, and an interrupt takes all of it down', async () => {
  await inPlace(async ({ postern, temporary }) => {
    const { printed, ended, pid } = postern(['sandbox', '--weakness', 'passes-line-breaks-on'])
    await printed('what arrives stands below')
    const [folder = ''] = (await readdir(temporary)).filter((name) => name.startsWith('postern-sandbox-'))
    await exec('sh', ['-c', `. ${path.join(temporary, folder, 'env')}\n${attack}`])
    await printed('to <hidden@a.sound.')
    await printed('in 1.eml')
    expect(await readFile(path.join(temporary, folder, '1.eml'), 'latin1')).toMatch(/^Subject: Hello\r$/m)
    process.kill(pid, 'SIGINT')
    const { code, stdout } = await ended
    expect(code).toBe(0)
    expect(stdout).toMatch(
      /^\d\d:\d\d:\d\d\.\d{3} {2}sound {2}TLSv1\.3 {2}\d+ bytes {2}from <[^>]+> {2}“Hello”\n +to <one@a\.sound\.[^>]+>\n +to <hidden@a/m,
    )
    expect(await readdir(temporary)).toEqual([])
  })
})

test('of what a message says nothing is obeyed by a terminal', () => {
  const raw = Buffer.from('Subject: \u001b[2Ja\u202eb\r\n\r\n')
  const envelope = { from: '\u001b[1m@x.test', to: ['a\u0007@x.test'] }
  const text = arrivalText({
    ...{ id: '1', session: '1', personality: null, host: null, peer: '', helo: '', tls: null },
    ...{ envelope, raw, receivedAt: 0 },
  })
  expect(text).toBe(
    '00:00:00.000  mailbox  in clear text  22 bytes  from <[U+001B][1m@x.test>  “[U+001B][2Ja[U+202E]b”\n              to <a[U+0007]@x.test>',
  )
})
