import { parseFragment } from 'parse5'
import { expect, test } from 'vitest'
import { html } from './markup.ts'

test('a text ends neither the attribute nor the element it stands in', () => {
  const text = `"'><b onclick=x>&amp;`
  const [element, ...others] = parseFragment(html`<p title="${text}">${text}</p>`.markup).childNodes
  expect(others).toEqual([])
  expect(element).toMatchObject({
    tagName: 'p',
    attrs: [{ name: 'title', value: text }],
    childNodes: [{ nodeName: '#text', value: text }],
  })
})

test('markup stays markup, lists are joined, and nothing is nothing', () => {
  expect(html`<p>${html`<b>${1}</b>`}${null}${false}${['a', html`<i></i>`, ['&']]}</p>`.markup).toBe(
    '<p><b>1</b>a<i></i>&#38;</p>',
  )
})
