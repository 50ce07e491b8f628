import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { parseOpenApi } from '../api/openapi.ts'
import { withApi } from '../api/recording-target.testing.ts'
import { inPlace } from '../runner/spawned.testing.ts'
import { signInOf } from './arazzo.ts'
import { arazzoAt, arazzoIn } from './arazzo-document.ts'
import { variable } from './callers.ts'
import { guessProfile } from './first-profile.ts'

const media = (schema: object) => ({ content: { 'application/json': { schema } } })
const openapi = {
  openapi: '3.1.0',
  info: { title: 'Shop', version: '1' },
  paths: {
    '/oauth/challenge': { post: { operationId: 'makeChallenge' } },
    '/gate/enter': { post: { operationId: 'enterGate', requestBody: media({ type: 'object' }) } },
    '/emails': {
      post: {
        operationId: 'sendEmail',
        requestBody: media({ properties: { to: { type: 'string' }, subject: { type: 'string' } } }),
      },
    },
  },
}
const api = parseOpenApi(JSON.stringify(openapi), 'test')

const login = {
  stepId: 'login',
  operationId: 'enterGate',
  requestBody: {
    contentType: 'application/json',
    payload: {
      who: { user: '$inputs.username', secret: '{$inputs.password}' },
      client: '$inputs.clientId',
      remember: true,
      tags: ['api'],
    },
  },
  outputs: { accessToken: '$response.body#/data/0/access_token', ttl: '$response.body#/time-to-live' },
}
const use = {
  stepId: 'send',
  operationId: 'sendEmail',
  parameters: [{ name: 'X-Session', in: 'header', value: '$steps.login.outputs.accessToken' }],
}
const arazzo = (steps: readonly object[], more: object = {}) => ({
  arazzo: '1.0.1',
  info: { title: 'Shop', version: '1' },
  sourceDescriptions: [{ name: 'shop', url: './openapi.json', type: 'openapi' }],
  workflows: [{ workflowId: 'sign-in', steps, ...more }],
})

function found(document: ReturnType<typeof arazzo>) {
  const signIn = signInOf(document, api)
  if (signIn === null || typeof signIn === 'string') throw new Error(String(signIn))
  return signIn
}

test('the step that gives a token becomes the sign-in, with what later steps do with that token', () => {
  const signIn = found(arazzo([login, use]))
  expect(signIn.operation).toEqual({
    method: 'POST',
    path: '/gate/enter',
    as: 'anonymous',
    body: '{"who": {"user": email, "secret": password}, "client": clientId, "remember": true, "tags": ["api"]}',
    result: { token: 'body.data[0].access_token', expiresIn: 'body.`time-to-live`' },
  })
  expect(signIn.of('admin')).toEqual({
    input: {
      email: variable('ADMIN_EMAIL'),
      password: variable('ADMIN_PASSWORD'),
      clientId: variable('ADMIN_CLIENT_ID'),
    },
    headers: { 'X-Session': '{token}' },
  })
  const bearer = {
    ...use,
    parameters: [
      { ...use.parameters[0], name: 'Authorization', value: 'Bearer {$steps.login.outputs.accessToken}' },
    ],
  }
  expect(found(arazzo([login, bearer])).of('admin').headers).toBeUndefined()
})

test('a call before it is a step of the sign-in; calls are found by where they stand in the document', () => {
  const challenge = {
    stepId: 'ask',
    operationPath: '{$sourceDescriptions.shop.url}#/paths/~1oauth~1challenge/post',
    outputs: { challenge: '$response.header.X-Challenge' },
  }
  const second = {
    ...login,
    operationId: '$sourceDescriptions.shop.enterGate',
    requestBody: { payload: '{"code": "{$steps.ask.outputs.challenge}", "password": "{$inputs.password}"}' },
  }
  expect(found(arazzo([challenge, second])).operation).toMatchObject({
    body: '{"code": challenge, "password": password}',
    steps: [{ method: 'POST', path: '/oauth/challenge', result: { challenge: 'headers."x-challenge"' } }],
  })
})

test.each<[string, object, RegExp | null]>([
  ['replacements', { requestBody: { payload: {}, replacements: [] } }, /replacements$/],
  [
    'a reference of ours',
    { requestBody: { payload: { a: variable('HOME') } } },
    /holds what is not understood/,
  ],
  [
    'an expression that is none',
    { requestBody: { payload: { a: '$inputs.a$b' } } },
    /holds what is not understood/,
  ],
  [
    'a name that breaks out',
    { requestBody: { payload: { 'a": $eval("1"), "b': 1 } } },
    /a name that a profile cannot say$/,
  ],
  ['a token of nowhere', { outputs: { token: '$response.body#/a`b' } }, /taken in a way/],
  ['a parameter of the path', { parameters: [{ name: 'id', in: 'path', value: '1' }] }, /a parameter of it/],
  ['no input', { requestBody: { payload: {} } }, null],
  ['no token', { outputs: { id: '$response.body#/id' } }, null],
  ['a call that is not there', { operationId: 'nowhere' }, null],
  ['a sign-up', { stepId: 'register' }, null],
])('a workflow that a profile cannot say is left out, with the reason: %s', (_, change, reason) => {
  const signIn = signInOf(arazzo([{ ...login, ...change }]), api)
  if (reason === null) expect(signIn).toBeNull()
  else expect(signIn).toMatch(reason)
})

test('hostile documents are none, or say nothing', () => {
  for (const workflows of [null, 'x', [null, 1, { steps: 'x' }, { steps: [null, { operationId: {} }] }]])
    expect(signInOf({ arazzo: '1.0.0', workflows }, api)).toBeNull()
  let deep: object = { a: '$inputs.username' }
  for (let n = 0; n < 1000; n++) deep = { a: deep }
  expect(signInOf(arazzo([{ ...login, requestBody: { payload: deep } }]), api)).toMatch(/too deep$/)
  for (const text of [
    '',
    '[',
    'arazzo: 2.0.0\nworkflows: []',
    'arazzo: 1.0.1',
    '{"openapi": "3.1.0"}',
    `a: &a [*a]`,
  ])
    expect(() => arazzoIn(text, 'here.yaml')).toThrow(
      /^--arazzo: expected an Arazzo document .*; seen here\.yaml without them;/,
    )
})

test('it is taken from the folder of the OpenAPI document, or by name, and a wrong one is an error there alone', async () => {
  await inPlace(async ({ folder }) => {
    const file = path.join(folder, 'openapi.json')
    expect(await arazzoAt({ openapi: file }, null)).toBeNull()
    await writeFile(path.join(folder, 'shop.arazzo.yaml'), stringify(arazzo([login])))
    expect(await arazzoAt({ openapi: file }, null)).toMatchObject({ arazzo: '1.0.1' })
    await writeFile(path.join(folder, 'arazzo.json'), '{}')
    expect(await arazzoAt({ openapi: file }, null)).toBeNull()
    await expect(arazzoAt({ openapi: file, arazzo: path.join(folder, 'arazzo.json') }, null)).rejects.toThrow(
      /^--arazzo: expected an Arazzo document/,
    )
    await expect(arazzoAt({ openapi: file, arazzo: path.join(folder, 'none') }, null)).rejects.toThrow(
      /^--arazzo: expected a readable file; seen ENOENT/,
    )
  })
})

test('a first profile signs in so, and the API is called as the workflow has it', async () => {
  const { operations, principals, absent } = guessProfile(api, found(arazzo([login, use])))
  expect(operations['session.create']).toMatchObject({
    unsure: false,
    reason: expect.stringContaining('sign-in'),
  })
  expect(absent).not.toContain('session.create')
  const { admin, anonymous } = principals
  const profile = stringify({
    principals: { admin: { session: admin?.value.session }, anonymous: anonymous?.value },
    operations: {
      'session.create': operations['session.create']?.value,
      'principal.get': { method: 'GET', path: '/me', as: 'admin' },
    },
    mail: { from: 'a@shop.test' },
  })
  const env = { ADMIN_EMAIL: 'qa@shop.test', ADMIN_PASSWORD: 'password-1', ADMIN_CLIENT_ID: 'client-1' }
  const answer = () => ({ body: { data: [{ access_token: 'tok-12345678' }], 'time-to-live': 60 } })
  await withApi({ profile, env, answer }, async ({ api, requests }) => {
    await api.call('principal.get')
    expect(parse(requests[0]?.body ?? '')).toEqual({
      who: { user: 'qa@shop.test', secret: 'password-1' },
      client: 'client-1',
      remember: true,
      tags: ['api'],
    })
    expect(requests[1]?.headers).toContainEqual(['X-Session', 'tok-12345678'])
  })
})
