import { expect, test } from 'vitest'
import { pageOf } from './homepage.ts'
import { methodBlock } from './html/method.ts'
import { methodOf } from './methods.ts'

test('it is known how a check of ours looks, and of no other', () => {
  expect(methodOf('injection/crlf-subject')?.guards).toMatch(/benign subject/)
  for (const check of ['zap/10016', 'toString', '__proto__']) {
    expect(methodOf(check)).toBeNull()
    expect(methodBlock(check)).toBeNull()
  }
})

test('a report shows it folded, with code as code and nothing unescaped', () => {
  const { markup } = methodBlock('headers/cors') ?? { markup: '' }
  expect(markup).toContain('<summary>How this is looked at</summary>')
  expect(markup).toContain('<code>Vary: Origin</code>')
  expect(markup.replace(/<\/?(?:details|summary|dl|dt|dd|div|code)\b[^<>]*>/g, '')).not.toMatch(/[<>`]/)
})

test('the page of a check stands beside the README, where that is public', () => {
  const home = 'https://git.example/mail/postern/blob/main/README.md'
  expect(pageOf('tls/cert', home)).toBe('https://git.example/mail/postern/blob/main/suites/tls/cert.md')
  expect(pageOf('zap/10016', home)).toBeNull()
  expect(pageOf('tls/cert', null)).toBeNull()
  expect(methodBlock('tls/cert', home)?.markup).toContain(`href="${pageOf('tls/cert', home)}"`)
  expect(methodBlock('tls/cert', null)?.markup).not.toContain('href')
})
