import { expect, test } from 'vitest'
import { sampleKit } from '../check/sample-kit.testing.ts'
import { forgotten, signingUp } from './known-accounts.ts'

test('who forgot is asked about with an account and without, where the profile can', async () => {
  const { kit } = sampleKit({ has: (operation) => operation !== 'password.forgot' })
  expect(forgotten(kit)).toEqual([])
  const [found] = forgotten(sampleKit().kit)
  const { a, b } = (await found?.kinds.make()) ?? {}
  expect([a, b]).toEqual([
    expect.stringMatching(/^forgetful-\w{16}@/),
    expect.stringMatching(/^forgetful-\w{16}@/),
  ])
  expect(a).not.toBe(b)
})

test('who signs up is somebody with an account and somebody without, where the profile can', async () => {
  expect(signingUp(sampleKit({ has: (operation) => operation !== 'signup.create' }).kit)).toEqual([])
  const [found] = signingUp(sampleKit().kit)
  const { a, b } = (await found?.kinds.make()) ?? {}
  expect([a, b]).toEqual([
    expect.stringMatching(/^newcomer-\w{16}@/),
    expect.stringMatching(/^newcomer-\w{16}@/),
  ])
})
