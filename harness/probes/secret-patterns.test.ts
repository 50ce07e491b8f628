import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { fingerprint, isPlaceholder, likeKeys, secretsIn } from './secret-patterns.ts'

const { privateKey: pem } = generateKeyPairSync('ec', {
  namedCurve: 'P-256',
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
})
/** Made anew, so that scanners of this repository find none. */
const elsewhere = `SG.${randomBytes(11).toString('hex')}.${randomBytes(10).toString('hex')}-${randomBytes(11).toString('hex')}`

test('secrets of other services and private keys are found, placeholders of them are not', async () => {
  const text = `const a = "${elsewhere}"\nconst b = \`${pem}\`\nconst c = "SG.${'x'.repeat(22)}.${'x'.repeat(43)}"\n`
  const found = await secretsIn(text, '/app.js')
  expect(found).toHaveLength(2)
  expect(found.map(({ value }) => text.includes(value))).toEqual([true, true])
  expect(found.map(({ kind }) => /sendgrid|privatekey/i.test(kind))).toEqual([true, true])
  expect(JSON.stringify(found.map(({ kind }) => kind))).not.toContain(elsewhere)
})

test('the password in the address of a server is found, with whose it is', async () => {
  const text = 'MAIL=smtp://mailer:9aB8cD7eF6gH@mail.internal:587\nDOCS=https://user:password@example.com/\n'
  expect(await secretsIn(text, '/.env')).toEqual([
    { kind: 'a password in an address of smtp', value: '9aB8cD7eF6gH', user: 'mailer' },
  ])
})

test('what says nothing holds no secret', async () => {
  expect(await secretsIn('{"status":"ok"}', '/health')).toEqual([])
})

test.each([
  'SG.xxxxxxxxxxxxxxxxxxxxxx.xxxxxxxx',
  'https://user:pass@example.com',
  '{{ mail_key }}',
  'your-key-here',
  'aaaaaaaaaaaaaaaaaaaa',
])('%s stands for a secret', (text) => {
  expect(isPlaceholder(text)).toBe(true)
})

test('what is written like a key of the target is found, by what keys begin with', () => {
  const key = 'sk_live_9aB8cD7eF6gH5iJ4'
  const text = `a "sk_live_1zY2xW3vU4tS5rQ6", b "sk_live_short", c "pk_live_1zY2xW3vU4tS5rQ6", d "sk_live_1zY2xW3vU4tS5rQ6"`
  expect(likeKeys(text, key)).toEqual(['sk_live_1zY2xW3vU4tS5rQ6'])
  expect(likeKeys(text, '9aB8cD7eF6gH5iJ4')).toEqual([])
})

test('a fingerprint shows little of a secret', () => {
  expect(fingerprint('sk_live_9aB8cD7eF6gH5iJ4')).toMatch(/^sk_l… \(SHA-256 [0-9a-f]{8}…\)$/)
  expect(fingerprint('short')).toMatch(/^s… /)
})
