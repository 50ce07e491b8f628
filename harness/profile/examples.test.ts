import { expect, test } from 'vitest'
import { filledExample, freshIn } from './examples.ts'

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: that is how examples write it
test('what is fresh stands wherever an example has a text, and nothing else changes', () => {
  const example = {
    url: 'https://hooks.example/${mark}?mark=${mark}',
    people: [{ email: '${address}', name: 'Dear {{ name }}' }],
    price: 7,
    note: 'in ${EUR}',
  }
  expect(filledExample(example, { mark: '0a1b', address: 'a@inbox.test' })).toEqual({
    url: 'https://hooks.example/0a1b?mark=0a1b',
    people: [{ email: 'a@inbox.test', name: 'Dear {{ name }}' }],
    price: 7,
    note: 'in ${EUR}',
  })
  expect(freshIn(example)).toEqual(['mark', 'mark', 'address', 'EUR'])
})
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: that is how examples write it
