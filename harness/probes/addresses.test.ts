import { expect, test } from 'vitest'
import { differential, domainOf, readings } from './addresses.ts'

test('both readings of a plain field agree', () => {
  // RFC 5322 A.1.2 and A.1.3.
  const to =
    'Mary Smith <mary@X.test>, jdoe@example.org, A Group:Ed Jones <joe@where.test>,john@jdoe.example;'
  const [strict, lenient] = readings(to)
  expect(strict.mailboxes.map(({ email }) => email)).toEqual([
    'mary@x.test',
    'jdoe@example.org',
    'joe@where.test',
    'john@jdoe.example',
  ])
  expect(lenient.mailboxes).toEqual(strict.mailboxes)
  expect(differential(to)).toMatchObject({ agree: true })
})

test.each([
  ['"O\'Brien, \\"Ann\\"" <ann@own.example>', ['ann@own.example']],
  ['=?utf-8?Q?J=C3=BCrgen=2C_B?= <j@own.example>', ['j@own.example']],
  ['"x\\" <hidden@other.example>, \\"y" <ann@own.example>', ['ann@own.example']],
])('%s is one mailbox to both', (value, emails) => {
  expect(differential(value)).toMatchObject({ agree: true, emails })
})

test.each(['<hidden@other.example>ann@own.example', 'ann@own.example <hidden@other.example>'])(
  '%s is ambiguous, and the hidden address is among its readings',
  (value) => {
    const seen = differential(value)
    expect(seen.agree).toBe(false)
    expect(seen.emails).toContain('hidden@other.example')
  },
)

test('a name that leaves its quotes is a second mailbox to both', () => {
  const emails = ['hidden@other.example', 'ann@own.example']
  expect(differential('"x" <hidden@other.example>, "y" <ann@own.example>')).toMatchObject({
    agree: true,
    emails,
  })
})

test('a field nested beyond reason is read without a crash', () => {
  expect(readings('('.repeat(20_000))[0]).toMatchObject({ mailboxes: [], parsed: false })
})

test('a field beyond the grammar is no mailbox to the strict reading', () => {
  expect(readings('ann@own.example\0@other.example')[0]).toEqual({
    parser: 'strict',
    mailboxes: [],
    parsed: false,
  })
  expect(domainOf('"a@b"@Own.Example')).toBe('own.example')
})
