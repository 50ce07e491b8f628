import { expect, test } from 'vitest'
import { formsIn } from './forms.ts'
import { documentOf } from './html-document.ts'

test('a page is built as a browser builds it', () => {
  expect(formsIn('<p><b>Sign in<form action=/in><input name=user></form>')).toMatchObject([{ action: '/in' }])
})

test('formatting that is never closed, and anew for each paragraph, is built as far as it goes', () => {
  const open = Array.from({ length: 4000 }, (_, id) => `<b id=${id}>`).join('')
  const began = performance.now()
  const document = documentOf(`<p>${open}${'<p>x'.repeat(4000)}`)
  expect(performance.now() - began).toBeLessThan(10_000)
  expect(document.childNodes).not.toEqual([])
})
