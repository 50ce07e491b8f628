import { expect, test } from 'vitest'
import { withList } from './listed-values.ts'

const asked = (type: string, body: string | null) => ({
  ...{ method: 'POST', origin: 'https://api.test', path: '/forgot', body },
  headers: [['Content-Type', type] as const],
})
const both = ['a@one.test', 'b@two.test']

test('a text of the body becomes a list, wherever it stands', () => {
  const json = asked('application/json', '{"user":{"email":"a@one.test"},"note":"a@one.test!"}')
  expect(withList(json, 'a@one.test', both).body).toBe(
    '{"user":{"email":["a@one.test","b@two.test"]},"note":"a@one.test!"}',
  )
  const form = asked('application/x-www-form-urlencoded', 'email=a%40one.test&lang=en')
  expect(withList(form, 'a@one.test', both).body).toBe(
    'email%5B%5D=a%40one.test&email%5B%5D=b%40two.test&lang=en',
  )
})

test('a request without a body stays as it is', () => {
  const none = asked('application/json', null)
  expect(withList(none, 'a@one.test', both)).toBe(none)
})
