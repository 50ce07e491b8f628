import { expect, test } from 'vitest'
import { operations } from '../../harness/profile/operations.ts'
import { readProofs } from '../../harness/runner/proofs.ts'
import { textInputs, textsOfKind } from '../../harness/steps/text-inputs.ts'

const inputs = Object.entries(operations['message.send']?.inputs ?? {})
const texts = inputs.flatMap(([input, kind]) => textsOfKind[kind].map((text) => ({ input, text })))
const listed = Object.entries(textInputs).flatMap(([input, parts]) =>
  Object.entries(parts).map(([text, metBy]) => ({ input, text, metBy })),
)

test('every text of message.send is listed, and nothing else', () => {
  const named = (all: readonly { input: string; text: string }[]) =>
    all.map(({ input, text }) => `${input} ${text}`).sort()
  expect(named(listed)).toEqual(named(texts))
})

test.each(
  listed.flatMap(({ input, text, metBy }) =>
    Object.entries(metBy).map(([check, variants]) => ({ input, text, check, variants })),
  ),
)('the $text of $input meets the corpora of $check', async ({ check, variants }) => {
  if (check === 'nobody') return expect(variants).toMatch(/\w{3}/)
  const proof = (await readProofs()).get(check)
  const met = proof?.variants.filter((name) => name.startsWith(variants)) ?? []
  return expect(met.length, `variants of ${check} that begin with "${variants}"`).toBeGreaterThan(0)
})
