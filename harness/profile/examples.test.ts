import { expect, test } from 'vitest'
import { filledExample, freshIn, withOwnKey } from './examples.ts'

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: that is how examples write it
test('what is fresh stands wherever an example has a text, and nothing else changes', () => {
  const example = {
    url: 'https://hooks.example/${mark}?mark=${mark}',
    people: [{ email: '${address}', name: 'Dear {{ name }}' }],
    price: 7,
    note: 'in ${EUR}',
  }
  expect(filledExample(example, { mark: '0a1b', address: 'a@inbox.test', uuid: '' })).toEqual({
    url: 'https://hooks.example/0a1b?mark=0a1b',
    people: [{ email: 'a@inbox.test', name: 'Dear {{ name }}' }],
    price: 7,
    note: 'in ${EUR}',
  })
  expect(freshIn(example)).toEqual(['mark', 'mark', 'address', 'EUR'])
})

test('each call has an idempotency key of its own where the example has one, and no other input of it', () => {
  const example = { idempotencyKey: 'order-${uuid}', text: 'Hello' }
  const keys = [1, 2].map(() => (withOwnKey(example, {}) as { idempotencyKey?: string }).idempotencyKey)
  expect(keys).toEqual([
    expect.stringMatching(/^order-[0-9a-f-]{36}$/),
    expect.not.stringMatching(keys[0] ?? ''),
  ])
  expect(withOwnKey(example, { subject: 'Hi' })).not.toHaveProperty('text')
  expect(withOwnKey(example, { idempotencyKey: 'mine' })).toEqual({ idempotencyKey: 'mine' })
  expect(withOwnKey({ text: 'Hello' }, {})).toEqual({})
})
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: that is how examples write it
