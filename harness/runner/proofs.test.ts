import { expect, test } from 'vitest'
import { checkFiles } from './checks.ts'
import { digestOf } from './proofs.ts'

test('the digest of a proof covers what the check itself is made of, its weaknesses, and no other check', async () => {
  const files = await checkFiles()
  const file = files.get('injection/crlf-subject') ?? ''
  const digest = await digestOf(file, ['passes-line-breaks-on'])
  expect(digest).toMatch(/^[0-9a-f]{64}$/)
  expect(await digestOf(file, ['passes-line-breaks-on'])).toBe(digest)
  expect(await digestOf(file, ['passes-line-breaks-on', 'keeps-the-bcc-header'])).not.toBe(digest)
  expect(await digestOf(files.get('injection/crlf-header') ?? '', ['passes-line-breaks-on'])).not.toBe(digest)
})
