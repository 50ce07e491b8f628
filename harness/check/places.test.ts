import { expect, test } from 'vitest'
import { placesOf, spelledBy, variablesOf } from './places.ts'

const sandbox = {
  zone: '0a1b2c3d.postern.test',
  dns: { host: '127.0.0.1', port: 5300 },
  callback: { http: 'http://127.0.0.1:81', https: 'https://127.0.0.1:82' },
}
const started = { url: 'https://127.0.0.1:8443/api', timeout: 30, command: { run: 'x' } }
const profile = (target: object) => ({ target }) as unknown as Parameters<typeof variablesOf>[0]

test('what is another at each start has a variable, by the name that the profile has for it', () => {
  const exports = {
    'random:admin': 'p4ss',
    REFERENCE_ZONE: 't1.0a1b2c3d.postern.test',
    'target:8443': '32001',
  }
  expect(variablesOf(profile(started), sandbox, exports)).toEqual({
    TARGET_URL: 'https://127.0.0.1:8443',
    RANDOM_ADMIN: 'p4ss',
    REFERENCE_ZONE: 't1.0a1b2c3d.postern.test',
    TARGET_8443: '32001',
    SANDBOX_ZONE: '0a1b2c3d.postern.test',
    SANDBOX_CALLBACK: 'http://127.0.0.1:81',
    SANDBOX_CALLBACK_TLS: 'https://127.0.0.1:82',
    SANDBOX_DNS_HOST: '127.0.0.1',
    SANDBOX_DNS_PORT: '5300',
  })
})

test('a target that stands by itself keeps its address', () => {
  const variables = variablesOf(profile({ url: 'https://api.example', timeout: 30 }), sandbox, {})
  expect(variables).not.toHaveProperty('TARGET_URL')
})

test('origins and names of hosts stand within texts; a secret, a port and an address do not', () => {
  const variables = {
    URL: 'http://127.0.0.1:80',
    ZONE: 'a.b.test',
    PORT: '80',
    KEY: 'k-1',
    HOST: '127.0.0.1',
  }
  expect(placesOf(variables)).toEqual([
    { value: 'http://127.0.0.1:80', pieces: [{ variable: 'URL' }] },
    { value: '127.0.0.1:80', pieces: [{ variable: 'URL', without: '#*://' }] },
    { value: 'a.b.test', pieces: [{ variable: 'ZONE' }] },
  ])
  const spell = spelledBy(variables, (text) => [{ text }])
  expect([spell('80'), spell('81')]).toEqual([[{ variable: 'PORT' }], [{ text: '81' }]])
})
