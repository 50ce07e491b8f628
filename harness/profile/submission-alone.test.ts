import { expect, test } from 'vitest'
import { withProfileFile } from '../api/recording-target.testing.ts'
import { ProfileError, readProfile, resolveProfile } from './profile.ts'

const sound = `name: mail
target:
  submission: { host: 127.0.0.1, starttls: 587, username: shop, secret: "\${env:KEY}" }
mail: { from: a@b.test }
`
const env = { KEY: 'k-1234567' }

const resolved = (yaml: string, values: Record<string, string> = env, options = {}) =>
  withProfileFile(yaml, async (file) => resolveProfile(await readProfile(file), values, options))

async function complaint(yaml: string, values: Record<string, string> = env): Promise<string> {
  return resolved(yaml, values).then(
    () => 'nothing',
    (error: unknown) => {
      if (error instanceof ProfileError) return error.message.replaceAll(/^\S+?:(\d+):\d+ /gm, '$1 ')
      throw error
    },
  )
}

test('a submission service needs neither callers nor operations, and stands where each check looks for one', async () => {
  const { target, mail, principals, operations, secrets } = await resolved(sound)
  expect({ target, principals, operations }).toEqual({
    target: { url: 'smtp://127.0.0.1:587', submissionAlone: true, timeout: 30 },
    ...{ principals: {}, operations: {} },
  })
  expect(mail.submission).toEqual({ host: '127.0.0.1', starttls: 587, username: 'shop', secret: 'k-1234567' })
  expect(secrets).toEqual([{ name: 'KEY', value: 'k-1234567' }])
})

test('its place may come from variables, each of which is asked for once', async () => {
  const yaml = sound.replace('127.0.0.1, starttls: 587', `"\${env:HOST}", implicit: "\${env:PORT}"`)
  const { target } = await resolved(yaml, { ...env, HOST: '::1', PORT: '465' })
  expect(target.url).toBe('smtps://[::1]:465')
  const planned = await resolved(yaml, {}, { standIns: true })
  expect(planned.target.url).toMatch(/^smtps:\/\/[\w.-]+:1$/)
  expect(await complaint(yaml)).toMatch(
    /^3 target\.submission\.host: .*HOST.*\n3 target\.submission\.implicit: .*PORT[^\n]*$/,
  )
})

test.each<[string, string, string | RegExp]>([
  [
    'a URL beside it',
    sound.replace('target:', 'target:\n  url: https://127.0.0.1:1'),
    /^3 target\.url: expected nothing of an HTTP API beside target\.submission, which says that there is none; /,
  ],
  [
    'operations',
    `${sound}operations: { principal.get: { method: GET, path: /me } }\n`,
    /^5 operations: expected nothing of an HTTP API .* write the service under mail\.submission$/,
  ],
  [
    'a second service',
    sound.replace('b.test }', 'b.test, submission: { host: 127.0.0.1, starttls: 25 } }'),
    '4 mail.submission: expected one submission service; seen two of them; keep target.submission',
  ],
  [
    'no port',
    sound.replace('starttls: 587, ', ''),
    '3 target.submission: expected a port: starttls, implicit or both; seen neither; write starttls: 587 or implicit: 465',
  ],
  [
    'a caller with a bearer token',
    `${sound}principals: { other: { bearer: "\${env:KEY}" } }\n`,
    '5 principals.other.bearer: expected basic: {username, password}, which AUTH gets; seen bearer; a submission service takes nothing else; write basic, or none: true',
  ],
  [
    'a host that nobody allows to test',
    sound.replace('127.0.0.1', 'smtp.shop.example'),
    '3 target.submission.host: expected authorization {owner, until, scope} for a host that is not loopback; seen smtp.shop.example; have the owner allow the test, and write down who and until when',
  ],
  [
    'a host that the permission does not name',
    `${sound.replace('127.0.0.1', 'smtp.shop.example')}authorization: { owner: QA, until: 2999-01-01, scope: ["smtp.shop.example:465"] }\n`,
    '3 target.submission.host: expected a host in authorization.scope (smtp.shop.example:465); seen smtp.shop.example:587; have the owner add it',
  ],
  [
    'a text that is no host',
    sound.replace('127.0.0.1', '"a b"'),
    /^3 target\.submission\.host: expected a host name or an address; /,
  ],
  [
    'neither a URL nor a service',
    sound.replace(/ {2}submission.*/, '  timeout: 3'),
    /target: expected a field url; .*\n.*a field principals|a field principals.*\n/,
  ],
])('%s is a mistake, told where it stands', async (_, yaml, says) => {
  const seen = await complaint(yaml)
  if (typeof says === 'string') expect(seen).toBe(says)
  else expect(seen).toMatch(says)
})

test('a URL of SMTP is no URL of an API, and its remedy names the place for it', async () => {
  const yaml = `name: a\ntarget: { url: "smtp://127.0.0.1:587" }\nprincipals: { anyone: { none: true } }\noperations: {}\nmail: { from: a@b.test }\n`
  expect(await complaint(yaml)).toBe(
    '2 target.url: expected an http or https URL; seen "smtp://127.0.0.1:587"; write scheme, host and port; a submission service without any HTTP API stands under target.submission',
  )
})

test('a profile that extends that of an API makes a target of its submission service, and takes the rest away', async () => {
  const reference = new URL('../../fixtures/targets/reference.yaml', import.meta.url)
  const away = [
    'openapi',
    'principals',
    'operations',
    'pages',
    'policies',
    'accounts',
    'roles',
    'scopes',
    'shared',
    'jwt',
    'passkeys',
    'saml',
    'mcp',
    'oauth',
    'dashboard',
  ]
  const yaml = `extends: ${reference.pathname}
target: { embedded: null, url: null, submission: { host: 127.0.0.1, implicit: 465 } }
mail: { from: a@b.test, domains: null, selectors: null, submission: null, inbound: null, received: null }
${away.map((name) => `${name}: null`).join('\n')}
`
  const { target } = await resolved(yaml, {})
  expect(target.url).toBe('smtps://127.0.0.1:465')
})
