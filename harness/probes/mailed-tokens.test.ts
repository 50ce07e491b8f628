import { expect, test } from 'vitest'
import { tokenIn } from './mailed-tokens.ts'

const token = 'pX3-vq_9TfLkWz0aYb1cR'

test.for([
  ['a parameter', `Go to https://app.shop.test/reset?token=${token}.`],
  ['a parameter among others', `https://app.shop.test/r?lang=en&email=a%40b.test&t=${token}&utm=mail`],
  ['the last step of a path', `<a href="https://app.shop.test/users/password/reset/${token}/">here</a>`],
  ['a fragment', `(https://app.shop.test/#/reset/${token})`],
  ['a parameter of a fragment', `https://app.shop.test/#access_token=${token}&type=recovery`],
  ['a route with a query', `https://app.shop.test/#/reset?code=${token}`],
  [
    'the second link',
    `https://cdn.shop.test/logo.png https://shop.test/unsubscribe/Zk93hsPq81mmTfLkWz0a https://app.shop.test/reset/${token}`,
  ],
  [
    'a link that speaks of passwords, behind one that does not',
    `https://shop.test/view/Zk93hsPq81mmTfLkWz0a https://app.shop.test/password?key=${token}`,
  ],
  [
    'a link that counts clicks and leads on to it, behind one that has an id',
    `https://www.shop.test/home/Welcome2026News1234567 https://click.shop.test/c?u=https%3A%2F%2Fapp.shop.test%2Freset%3Ftoken%3D${token}`,
  ],
] as const)('%s', ([, text]) => {
  expect(tokenIn(text)?.token).toBe(token)
})

test('a token is found however weak it is, where its name tells', () => {
  expect(tokenIn('https://shop.test/reset?token=mihw3x2k')?.token).toBe('mihw3x2k')
  expect(tokenIn('https://shop.test/reset/4711')).toMatchObject({
    token: '4711',
    link: { host: 'shop.test' },
  })
})

test('a code that is typed, and the words around it', () => {
  expect(tokenIn('Your code is 048213. It is good until 2026.')).toEqual({ token: '048213', link: null })
})

test.each([
  `Your reset code: ${token}`,
  `The token is ${token}. It is good for an hour.`,
  `Your code:\n\n  ${token}\n`,
])('a long code that is pasted into a call: %s', (text) => {
  expect(tokenIn(text)).toEqual({ token, link: null })
})

test('a long code may begin with a dash', () => {
  expect(tokenIn(`Your code: -${token}`)?.token).toBe(`-${token}`)
})

test('what holds no token', () => {
  for (const text of [
    'The token is internationalization-ready',
    `Ask for a code, and write to support about ticket ${token}`,
    'Welcome to the shop, since 1998',
    'https://shop.test/how-to-set-your-password',
    'https://shop.test/reset-your-password-here',
    'https://shop.test/reset?email=ann%40b.test',
    'https://',
  ])
    expect(tokenIn(text)).toBeNull()
})
