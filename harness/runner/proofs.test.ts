import path from 'node:path'
import { expect, test } from 'vitest'
import { root } from '../tree.ts'
import { checkFiles } from './checks.ts'
import { digestOf } from './digests.ts'
import { felledBy, readProofs } from './proofs.ts'

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

// What ends an hour before now spans midnight early in the day, and what begins an hour after it late.
test('a proof of hours that was made at night keeps what falls at any time of day alone', async () => {
  const proof = (await readProofs()).get('access/abac-time')
  const felled = proof === undefined ? [] : felledBy(proof, 'takes-hours-over-midnight-for-always')
  expect(felled).not.toEqual([])
  for (const name of felled) expect(name).toMatch(/^hours around midnight/)
})
