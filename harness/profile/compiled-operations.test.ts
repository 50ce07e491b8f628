import { expect, test } from 'vitest'
import { compileOperations } from './compiled-operations.ts'

const principals = { admin: {}, anonymous: {} }
const post = { method: 'POST', path: '/' }
const callerOf = (name: string, more: object = {}) =>
  compileOperations({ [name]: { ...post, ...more } }, principals)[name]?.as

test.each([
  'session.create',
  'session.verify',
  'password.forgot',
  'password.reset',
  'signup.create',
  'signup.confirm',
])('%s is called by nobody, where the profile does not say who does', (name) => {
  expect(callerOf(name)).toBeNull()
  expect(callerOf(name, { as: 'admin' })).toBe('admin')
})

test.each(['password.change', 'email.change', 'user.create', 'message.send'])(
  '%s is called by the first principal, where the profile does not say who does',
  (name) => {
    expect(callerOf(name)).toBe('admin')
    expect(callerOf(name, { as: 'anonymous' })).toBe('anonymous')
  },
)
