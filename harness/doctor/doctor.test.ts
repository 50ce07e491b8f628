import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import path from 'node:path'
import { expect, test, vi } from 'vitest'
import { inPlace } from '../runner/spawned.testing.ts'
import { root } from '../tree.ts'
import type { Diagnosis, Line } from './lines.ts'

// Whole processes, on machines that may have little to run them on.
vi.setConfig({ testTimeout: 120_000 })

interface Examined {
  readonly code: number | null
  readonly diagnosis: Diagnosis
  readonly stderr: string
  readonly wrong: readonly Line[]
}

/** What the doctor says of the reference API with a profile that extends its own. */
function examined(more: string, args: readonly string[] = []): Promise<Examined> {
  return inPlace(async ({ folder, postern }) => {
    const profile = path.join(folder, 'target.yaml')
    await writeFile(profile, `extends: ${root}fixtures/targets/reference.yaml\n${more}`)
    const { code, stdout, stderr } = await postern(['doctor', '--json', '--target', profile, ...args]).ended
    const diagnosis = JSON.parse(stdout) as Diagnosis
    return { code, diagnosis, stderr, wrong: diagnosis.lines.filter(({ state }) => state === 'wrong') }
  })
}

test('of a right profile every line works, and no check is left out', async () => {
  const further = `operations: { self.get: { method: GET, path: /v1/me }, ghost.get: { method: GET, path: "/v1/ghosts/{id}" } }\n`
  const { code, diagnosis, wrong } = await examined(further)
  expect({ code, wrong, leftOut: diagnosis.checks.leftOut }).toEqual({ code: 0, wrong: [], leftOut: [] })
  const says = (name: string) => diagnosis.lines.find(({ what }) => what === name)?.says
  const untried = diagnosis.lines.filter(({ state }) => state === 'untried').map(({ what }) => what)
  expect(untried).toEqual([
    'client device',
    ...[
      'session.verify',
      'session.mailCode',
      'session.end',
      'password.forgot',
      'password.reset',
      'password.change',
    ],
    ...[
      'email.change',
      'email.confirm',
      'signup.create',
      'signup.confirm',
      'factor.enroll',
      'factor.confirm',
      'factor.mail',
      'factor.confirmMail',
    ],
    'factor.recoveryCodes',
    ...['factor.remove', 'passkey.creationOptions', 'passkey.register', 'passkey.requestOptions'],
    ...['passkey.signIn', 'key.report', 'domain.verify'],
    ...['domain.update', 'sso.begin', 'sso.finish', 'event.ingest', 'ghost.get'],
  ])
  expect(says('domain.verify')).toBe(
    'it is not tried by itself: what it does is decided by the DNS of the domain',
  )
  expect(says('ghost.get')).toMatch(
    /^it is not tried by itself: declare an example of its input, a call that makes one of its kind/,
  )
  expect(says('self.get')).toBe('accepted with 200')
  for (const way of ['a canary', 'a canary by message.batch', 'a canary by message.raw'])
    expect(diagnosis.lines.find(({ what }) => what === way)?.says).toMatch(
      /^arrived after \d+\.\d s, by TLSv1\.3, with a DKIM signature$/,
    )
})

test.each([
  [
    'a wrong credential',
    `principals: { reader: { bearer: "\${env:REFERENCE_REVOKED_KEY}" } }\n`,
    'reader',
    /^expected principal\.get to know the caller; it was answered 401 “\{.+\}” \(refused\); see the credential/,
  ],
  [
    'a credential that should not work and does',
    `principals: { revoked: { bearer: "\${env:REFERENCE_READER_KEY}" } }\n`,
    'revoked',
    /^expected principal\.get to be refused; it was answered 200 \(accepted\)/,
  ],
  [
    'a wrong path',
    'operations: { audit.list: { path: /v1/audit } }\n',
    'audit.list',
    /^a legitimate audit\.list as admin was answered 404 “\{.+\}” \(missing\)/,
  ],
  [
    'a page that is not there',
    'pages: { consent: { url: /consent } }\n',
    'consent',
    /^expected the page of 127\.0\.0\.1:\d+ to be shown; it was answered 404 “.+”; see its url/,
  ],
  [
    'a wrong field of the sign-in for consent',
    'oauth: { signIn: { fields: { email: nobody@shop.test } } }\n',
    'sign-in',
    /^the page “Sign in” comes again whenever its form is sent \(.+\); see oauth\.signIn in the profile/,
  ],
  [
    'a wrong secret of a client',
    `oauth: { clients: { other: { secret: "\${env:REFERENCE_READER_KEY}" } } }\n`,
    'client other',
    /^other, which shows itself by its secret \(client_secret_post\), got no tokens for its code: 401 “.+”; see oauth\.clients\.other/,
  ],
  [
    'a client that is not registered',
    'oauth: { clients: { service: { id: postern-ghost } } }\n',
    'client service',
    /^service, .+, got no tokens by client_credentials: 40[01] “.+”; see .+, and its scopes$/,
  ],
  [
    'metadata that are not there',
    'oauth: { issuer: "https://127.0.0.1:1" }\n',
    'metadata',
    /^the authorization server tells no metadata: .+; see oauth\.issuer in the profile/,
  ],
  [
    'a wrong expression',
    `operations: { template.create: { result: { id: body.nothing } } }\n`,
    'template.create',
    /^template\.create was accepted; its answer has no id; see result of template\.create/,
  ],
  [
    'mail that does not arrive in time',
    'mail: { delivery: { within: 0.001 } }\n',
    'a canary',
    /^an accepted message did not arrive within 0\.001 s; see whether the target delivers/,
  ],
] as const)('%s: that line is wrong, exit code 2', async (_, more, what, says) => {
  const { code, wrong } = await examined(more)
  const line = wrong.find((each) => each.what === what)
  expect({ code, says: line?.says, at: line?.at }).toEqual({
    code: 2,
    says: expect.stringMatching(says),
    at: expect.stringMatching(/\.yaml:\d+$/),
  })
})

test('a target that is not there: one line that says so', async () => {
  await inPlace(async ({ folder, postern }) => {
    const profile = path.join(folder, 'target.yaml')
    const sender = `principals: { sender: { bearer: "\${env:KEY}" } }\noperations: { message.send: { method: POST, path: /send, body: '{"to": [to.email]}' } }\nmail: { from: a@shop.example }\n`
    await writeFile(profile, `name: gone\ntarget: { url: "https://127.0.0.1:1" }\n${sender}`)
    const { code, stdout } = await postern(['doctor', '--target', profile], { KEY: 'k-12345' }).ended
    expect(code).toBe(2)
    expect(stdout).toMatch(/^wrong +target connection +the target takes no connections; see target\.url/m)
    expect(stdout).toMatch(/^1 of 1 line is wrong\.$/m)
    expect(stdout).toMatch(/profile declares no mail\.recipients/)
    expect(stdout).not.toContain('k-12345')
  })
})

test('held to reading, it makes nothing and says what it left out', async () => {
  const { code, diagnosis } = await examined('', ['--reach', 'safe'])
  expect(code).toBe(0)
  expect(diagnosis.lines.find(({ what }) => what === 'key.create')).toMatchObject({ state: 'untried' })
  // It is there, since a canary was sent.
  expect(diagnosis.lines.find(({ what }) => what === 'message.get')).toMatchObject({ state: 'works' })
  expect(diagnosis.checks.leftOut.map(({ because }) => because)).toContain(
    'the check is intrusive and the run is held to safe: allow it with --reach intrusive',
  )
})

test('a submission service alone: ports, callers and a canary are tried, and what takes HTTP is left out', async () => {
  const { code, stdout } = await inPlace(
    ({ postern }) =>
      postern(['doctor', '--json', '--target', `${root}fixtures/targets/reference-submission.yaml`]).ended,
  )
  const { url, lines, checks } = JSON.parse(stdout) as Diagnosis
  expect(code).toBe(0)
  expect(url).toMatch(/^smtps:\/\/127\.0\.0\.1:\d+$/)
  expect(lines.map(({ area, what, says }) => `${area} ${what}: ${says}`)).toEqual([
    'target port for starttls TLS: it greets, and offers STARTTLS',
    'target port for implicit TLS: it greets, by TLSv1.3',
    'principal apikey: AUTH is accepted with 235',
    'principal neighbour: AUTH is accepted with 235',
    'principal revoked: AUTH is refused with 535, as it should be',
    'principal expired: AUTH is refused with 535, as it should be',
    expect.stringMatching(
      /^mail a canary by submission: arrived after .+, by TLSv1\.3, with a DKIM signature$/,
    ),
    'mail DNS: the target asks the sandbox for MX records',
  ])
  expect(lines.every(({ at }) => /reference-submission\.yaml:\d+$/.test(at))).toBe(true)
  expect(new Set(checks.leftOut.map(({ because }) => because))).toEqual(
    new Set(['the target is a submission service alone, and this takes an HTTP API']),
  )
})

test.each([
  ['doctor', /^wrong +target connection +the target takes no connections; see target\.submission/m],
  ['run', /the target takes no connections: see target\.submission in the profile/],
])('a submission service that is not there: %s says where to look', async (command, says) => {
  await inPlace(async ({ folder, out, postern }) => {
    const profile = path.join(folder, 'target.yaml')
    const target = `target: { submission: { host: 127.0.0.1, implicit: 1, username: a, secret: "\${env:KEY}" } }`
    await writeFile(profile, `name: gone\n${target}\nmail: { from: a@shop.example }\n`)
    const args = [command, '--target', profile, ...(command === 'run' ? ['--out', out] : [])]
    const { code, stdout } = await postern(args, { KEY: 'k-12345' }).ended
    expect(code).toBe(2)
    expect(stdout).toMatch(says)
  })
})

test('an interrupt ends it also where the target never answers', async () => {
  const sockets = new Set<Socket>()
  const asked = Promise.withResolvers<void>()
  const mute = createServer((socket) => {
    sockets.add(socket.on('error', () => {}).on('data', () => asked.resolve()))
  })
  mute.listen(0, '127.0.0.1')
  await once(mute, 'listening')
  await inPlace(async ({ folder, postern }) => {
    const profile = path.join(folder, 'target.yaml')
    const { port } = mute.address() as AddressInfo
    await writeFile(
      profile,
      `name: mute
target: { url: "http://127.0.0.1:${port}", timeout: 3600 }
principals: { admin: { bearer: "\${env:KEY}" } }
operations: { principal.get: { method: GET, path: /me, result: { id: body.id } } }
mail: { from: a@shop.test }
`,
    )
    const run = postern(['doctor', '--target', profile], { KEY: 'key-of-admin' })
    await asked.promise
    process.kill(run.pid, 'SIGTERM')
    const { code, stderr } = await run.ended
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringContaining('interrupted: cleaning up; once more'),
    })
  })
  for (const socket of sockets) socket.destroy()
  mute.close()
})
