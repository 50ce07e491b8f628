import { expect, test } from 'vitest'
import { formsIn, titleIn } from './forms.ts'

test('a form is what a browser would send of it', () => {
  const [form] = formsIn(`<form method=POST action="/a?b=c">
    <input name=text value=x><input type=hidden name=csrf value=t><input name="">
    <input type=checkbox name=on checked><input type=checkbox name=off><input type=radio name=r value=1 checked>
    <select name=s><option value=a>A<option selected>B</select><textarea name=t>long</textarea>
    <input name=no disabled><input type=file name=f><button name=b value=1>Go</button><button type=button name=x>X</button>
    <input type=submit name=s2 value=Send></form>`)
  expect(form?.method).toBe('post')
  expect(form?.action).toBe('/a?b=c')
  expect(form?.fields.map(({ name, value }) => [name, value])).toEqual([
    ['text', 'x'],
    ['csrf', 't'],
    ['on', 'on'],
    ['r', '1'],
    ['s', 'B'],
    ['t', 'long'],
  ])
  expect(form?.buttons.map(({ name, value }) => [name, value])).toEqual([
    ['s2', 'Send'],
    ['b', '1'],
  ])
})

test('broken markup has the forms that a browser makes of it', () => {
  expect(
    formsIn('<form action=a><input name=x><form action=b><input name=y>').map(({ fields }) => fields.length),
  ).toEqual([2])
  expect(formsIn('no form')).toEqual([])
  expect(formsIn('<form></form>'.repeat(100)).length).toBe(20)
})

test('a page with nothing but line breaks, and one nested as deep as it is long, are read as well', () => {
  const breaks = '<br>'.repeat(200_000)
  expect(formsIn(`<form action=/in>${breaks}<input name=user></form>`)).toMatchObject([{ action: '/in' }])
  expect(titleIn(`<h1>${'<i>'.repeat(200_000)}Sign in`)).toBe('Sign in')
})
