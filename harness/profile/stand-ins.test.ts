import { expect, test } from 'vitest'
import { withProfileFile } from '../api/recording-target.testing.ts'
import { readProfile, resolveProfile } from './profile.ts'

const yaml = `name: a target
target:
  url: 'http://\${env:API_HOST}:\${env:API}/\${env:VERSION}'
ca: ./\${env:CA_FILE}
openapi: '\${env:DOC}'
principals:
  sender: {bearer: {exec: 'exit 3'}}
  admin: {headers: {x-key: '\${env:ADMIN_KEY}'}}
operations:
  message.send: {method: POST, path: '/\${env:VERSION}/send', as: sender, body: '{"to": to, "n": \${env:COUNT}}'}
mail:
  from: 'news@\${env:DOMAIN}'
  submission: {host: '\${env:MX}', starttls: '\${env:SUBMISSION}', username: a, secret: '\${env:ADMIN_KEY}'}
jwt: {jwks: '\${env:SCHEME}://\${env:KEYS}:\${env:KEYS_AT}/keys'}
pages: {consent: {url: '\${env:PAGE}'}}
`

test('with nothing set, and no command run, something of its kind stands everywhere, on loopback', async () => {
  await withProfileFile(yaml, async (file) => {
    const profile = await resolveProfile(await readProfile(file), {}, { standIns: true })
    const { target, ca, openapi, mail, jwt, pages, secrets } = profile
    expect({ target, ca, openapi, jwks: jwt?.jwks, pages, secrets }).toEqual({
      target: { url: 'http://127.0.0.1:1/version.test', timeout: 30 },
      ca: null,
      openapi: 'https://127.0.0.1:1',
      jwks: 'https://127.0.0.1:1/keys',
      pages: { consent: { url: 'https://127.0.0.1:1' } },
      secrets: [],
    })
    expect(mail).toMatchObject({ from: 'news@domain.test', submission: { host: '127.0.0.1', starttls: 1 } })
  })
})

test('what is set stands where it belongs, and is hidden as ever', async () => {
  await withProfileFile(yaml, async (file) => {
    const set = { API: '8443', ADMIN_KEY: 'a-key-of-the-admin' }
    const { target, secrets } = await resolveProfile(await readProfile(file), set, { standIns: true })
    expect(target.url).toBe('http://127.0.0.1:8443/version.test')
    expect(secrets).toContainEqual({ name: 'ADMIN_KEY', value: 'a-key-of-the-admin' })
  })
})
