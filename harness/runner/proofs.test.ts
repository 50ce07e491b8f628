import path from 'node:path'
import { expect, test } from 'vitest'
import { root } from '../tree.ts'
import { checkFiles } from './checks.ts'
import { digestOf } from './digests.ts'

test('the digest of a proof covers what the check itself is made of, its weaknesses, and no other check', async () => {
  const files = await checkFiles()
  const fileOf = (id: string) => path.relative(root, files.get(id) ?? '')
  const file = fileOf('injection/crlf-subject')
  const digest = await digestOf(file, ['passes-line-breaks-on'])
  expect(digest).toMatch(/^[0-9a-f]{64}$/)
  expect(await digestOf(file, ['passes-line-breaks-on'])).toBe(digest)
  expect(await digestOf(file, ['passes-line-breaks-on', 'keeps-the-bcc-header'])).not.toBe(digest)
  expect(await digestOf(fileOf('injection/crlf-header'), ['passes-line-breaks-on'])).not.toBe(digest)
})
