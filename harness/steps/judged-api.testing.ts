import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { type Recorded, type Scripted, startRecordingTarget } from '../api/recording-target.testing.ts'
import { inPlace } from '../runner/spawned.testing.ts'

/** For tests: a whole run of these checks, at reach intrusive if none is said, in front of an API that answers so; its profile by its URL. */
export async function runInFrontOf(
  answer: (request: Recorded) => Scripted,
  profile: (url: string) => string,
  checks: readonly string[],
  reach: 'safe' | 'intrusive' = 'intrusive',
) {
  const target = await startRecordingTarget(answer)
  try {
    return await inPlace(async ({ folder, out, postern, report }) => {
      const file = path.join(folder, 'target.yaml')
      await writeFile(file, profile(target.url))
      const only = checks.flatMap((check) => ['--check', check])
      const keys = { ADMIN: 'key-of-admin', VIEWER: 'key-of-viewer', NEIGHBOUR: 'key-of-neighbour' }
      const args = ['run', '--target', file, '--reach', reach, '--out', out, ...only]
      const { stdout, stderr } = await postern(args, keys).ended
      const { outcomes } = await report()
      const verdicts = Object.fromEntries(outcomes.map(({ check, verdict }) => [check, verdict]))
      return { said: { stdout, stderr }, verdicts, outcomes, requests: target.requests }
    })
  } finally {
    await target.close()
  }
}

/** For tests: the profile of an API whose mails are listed and read by their number, with the keys of two tenants; by its URL. */
export const mailsProfile =
  (name: string, more = '') =>
  (url: string) =>
    `
name: ${name}
target: {url: '${url}'}
${more}
principals:
  admin: {tenant: acme, headers: {X-Api-Key: "\${env:ADMIN}"}}
  neighbour: {tenant: globex, headers: {X-Api-Key: "\${env:NEIGHBOUR}"}}
operations:
  message.send: {method: POST, path: /mails, body: '{"to": to}'}
  message.list: {method: GET, path: /mails, result: {items: body.mails}}
  message.get: {method: GET, path: '/mails/{id}'}
mail: {from: a@shop.test, recipients: {route: relay}}
`
