import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { parseOpenApi } from '../api/openapi.ts'
import { withProfileFile } from '../api/recording-target.testing.ts'
import type { About } from '../model.ts'
import { readProfile, resolveProfile } from '../profile/profile.ts'
import { suggestionsFor } from './suggestions.ts'

const profile = `name: a target
target: { url: 'http://127.0.0.1:1' }
principals: { admin: { headers: { X-Key: '\${env:KEY}' } } }
operations: { contact.list: { method: GET, path: /contacts } }
mail: { from: a@b.test }
`
const check = (id: string, severity: About['severity'], ...needs: string[]) => ({ id, severity, needs })
const checks = [
  check('a/low', 'low', 'principal:neighbour'),
  check('a/critical', 'critical', 'message.send', 'message.send:cc'),
  check('a/high', 'high', 'message.send', 'mailbox'),
  check('a/other', 'high', 'message.send:to', 'wire', 'dns'),
  check('a/fulfilled', 'critical', 'contact.list', 'principal:admin'),
  check('a/table', 'medium', 'profile:roles'),
  check('a/input', 'medium', 'contact.list:search'),
]

async function suggestions(yaml = profile, document: object | null = null) {
  const resolved = await withProfileFile(yaml, async (file) =>
    resolveProfile(await readProfile(file), { KEY: 'sk_live_12345', ID: 'id-1234567' }),
  )
  return suggestionsFor(
    checks,
    resolved,
    document === null ? null : parseOpenApi(JSON.stringify(document), 'x'),
  )
}

test('the line comes first that would bring the most and the worst, and each stands once', async () => {
  const found = await suggestions()
  expect(found.map(({ missing, brings, helps }) => [missing, brings, helps])).toEqual([
    ['message.send', ['a/critical'], ['a/high', 'a/other']],
    ['profile:roles', ['a/table'], []],
    ['contact.list:search', ['a/input'], []],
    ['principal:neighbour', ['a/low'], []],
    ['wire', [], ['a/high', 'a/other']],
    ['dns', [], ['a/other']],
  ])
})

test('each is YAML that the profile takes as it is, and no secret stands in it', async () => {
  for (const { yaml } of await suggestions()) {
    if (yaml === null || yaml.startsWith('# in the body')) continue
    const { operations, principals, mail, ...more } = parse(yaml) as Record<string, object>
    const together = `${profile
      .replace(
        /^operations: \{/m,
        `operations: { ${JSON.stringify(operations ?? {}).slice(1, -1)}${operations ? ',' : ''}`,
      )
      .replace(
        /^principals: \{/m,
        `principals: { ${JSON.stringify(principals ?? {}).slice(1, -1)}${principals ? ',' : ''}`,
      )
      .replace(/^mail: \{/m, `mail: { ${JSON.stringify(mail ?? {}).slice(1, -1)}${mail ? ',' : ''}`)}${
      JSON.stringify(more) === '{}'
        ? ''
        : Object.entries(more)
            .map(([key, value]) => `${key}: ${JSON.stringify(value)}\n`)
            .join('')
    }`
    await withProfileFile(together, async (file) => {
      await resolveProfile(await readProfile(file), {}, { standIns: true })
    })
    expect(yaml).not.toContain('sk_live')
  }
  const neighbour = (await suggestions()).find(({ missing }) => missing === 'principal:neighbour')
  expect(parse(neighbour?.yaml ?? '')).toEqual({
    principals: { neighbour: { tenant: 'other', headers: { 'X-Key': `\${env:NEIGHBOUR_KEY}` } } },
  })
})

test('tables speak of the calls that the profile has', async () => {
  const of = (need: string) => [check('a/one', 'high', need)]
  const resolved = await withProfileFile(
    profile.replace(
      'operations: {',
      "operations: { contact.delete: { method: DELETE, path: '/contacts/{id}' },",
    ),
    async (file) => resolveProfile(await readProfile(file), { KEY: 'sk_live_12345' }),
  )
  const said = (need: string) => parse(suggestionsFor(of(need), resolved, null)[0]?.yaml ?? '')
  expect(said('profile:roles')).toEqual({ roles: { Admin: '*', Support: ['contact.list'] } })
  expect(said('profile:scopes')).toEqual({
    scopes: { 'contacts:read': ['contact.list'], 'contacts:write': ['contact.delete'] },
  })
  expect(said('profile:mail.domains')).toEqual({ mail: { domains: ['b.test'] } })
})

test('a call that the document has is written as it has it', async () => {
  const schema = {
    type: 'object',
    properties: { to: { type: 'string' }, subject: { type: 'string' }, text: { type: 'string' } },
  }
  const document = {
    openapi: '3.1.0',
    info: { title: 'x', version: '1' },
    paths: { '/v3/emails': { post: { requestBody: { content: { 'application/json': { schema } } } } } },
  }
  const [first] = await suggestions(profile, document)
  expect(parse(first?.yaml ?? '')).toMatchObject({
    operations: { 'message.send': { method: 'POST', path: '/v3/emails' } },
  })
  const [usual] = await suggestions()
  expect(usual?.yaml).toMatch(/^# as the target has it/)
  expect(parse(usual?.yaml ?? '')).toMatchObject({
    operations: { 'message.send': { method: 'POST', path: '/messages' } },
  })
})

test.each([
  [
    `hmac: { secret: '\${env:KEY}', message: timestamp & body, headers: { X-Id: 'id:\${env:ID}', X-Sign: '{signature}' } }`,
    {
      hmac: {
        secret: `\${env:NEIGHBOUR_SECRET}`,
        message: 'timestamp & body',
        headers: { 'X-Id': `\${env:NEIGHBOUR_X_ID}`, 'X-Sign': '{signature}' },
      },
    },
  ],
  [`body: { api_key: '\${env:KEY}' }`, { body: { api_key: `\${env:NEIGHBOUR_KEY}` } }],
  [
    `session: { input: { email: a@b.test }, code: { request: session.request, find: '[0-9]+' } }`,
    {
      session: {
        input: { email: `\${env:NEIGHBOUR_EMAIL}` },
        code: { request: 'session.request', find: '[0-9]+' },
      },
    },
  ],
])('another caller proves who it is as the first does: %s', async (way, like) => {
  const yaml = profile
    .replace(/headers: \{ X-Key: .*? \}/, way)
    .replace(
      'operations: {',
      'operations: { session.create: { method: POST, path: /s }, session.request: { method: POST, path: /c, effect: create },',
    )
    .replace('mail: {', 'mail: { recipients: { route: relay },')
  const found = (await suggestions(yaml)).find(({ missing }) => missing === 'principal:neighbour')
  expect(parse(found?.yaml ?? '')).toEqual({ principals: { neighbour: { tenant: 'other', ...like } } })
})
