import { createHash, randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { derivationOf } from './derived-tokens.ts'

const email = 'Ann@b.test'
const time = 1_790_000_000_123
const known = { email, from: time - 50, to: time + 50 }
const hash = (algorithm: string, text: string) => createHash(algorithm).update(text).digest()

test('a hash of what anybody knows is told', () => {
  const told = (token: string) => derivationOf(token, known)
  expect(told(hash('sha1', email).toString('hex'))).toBe('sha1 of the address')
  expect(told(hash('md5', email.toLowerCase()).toString('hex').toUpperCase())).toBe('md5 of the address')
  expect(told(hash('md5', String(time)).toString('hex'))).toBe('md5 of the time')
  expect(told(hash('md5', '1790000000').toString('hex'))).toBe('md5 of the time')
  expect(told(hash('sha256', `${email}${time}`).toString('base64url'))).toBe('sha256 of address and time')
  expect(told(hash('sha512', `${time}:${email.toLowerCase()}`).toString('hex'))).toBe(
    'sha512 of address and time',
  )
})

test('what is chance, a part of a hash, or of another time is not', () => {
  expect(derivationOf(randomBytes(32).toString('base64url'), known)).toBeNull()
  expect(derivationOf(hash('md5', email).toString('hex').slice(0, 8), known)).toBeNull()
  expect(derivationOf(hash('md5', String(time + 51)).toString('hex'), known)).toBeNull()
})
