import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import type { Practice } from '../model.ts'
import { root } from '../tree.ts'
import { about, placeOf } from './about.ts'

const said = { practices: ['P18'], weaknesses: ['passes-line-breaks-on'] } as const

test('an id is suite and file name, by path or URL, and a check in a browser keeps its file', () => {
  expect(placeOf(`${root}suites/injection/crlf-subject.check.ts`, said)).toEqual({
    id: 'injection/crlf-subject',
    file: 'suites/injection/crlf-subject.check.ts',
  })
  expect(placeOf(`${pathToFileURL(root)}suites/injection/a%2Db.browser.check.ts`, said)).toEqual({
    id: 'injection/a-b',
    file: 'suites/injection/a-b.browser.check.ts',
  })
})

test.each([
  [`${root}suites/injection/CrlfSubject.check.ts`, said, 'in kebab case'],
  [`${root}suites/injection/crlf-subject.ts`, said, 'in kebab case'],
  [`${root}suites/injction/crlf-subject.check.ts`, said, 'of a suite with weaknesses'],
  [
    `${root}suites/injection/crlf-subject.check.ts`,
    { ...said, practices: ['P36' as Practice] as const },
    'expected practices of harness/model.ts; seen P36',
  ],
  [
    `${root}suites/injection/crlf-subject.check.ts`,
    { ...said, weaknesses: ['accepts-unsigned-tokens'] as const },
    'seen accepts-unsigned-tokens; move it there',
  ],
])('a check in %s that says what is not so does not load', (file, wrong, error) => {
  expect(() => placeOf(file, wrong)).toThrow(error)
})

test('a check of a user is of any suite, and no weakness proves it', () => {
  const own = { practices: ['P18'], weaknesses: [] } as const
  expect(placeOf('/home/me/shop/checks/branding/no-footer.check.mts', own)).toEqual({
    id: 'branding/no-footer',
    file: 'checks/branding/no-footer.check.mts',
  })
  expect(() => placeOf('/home/me/shop/checks/branding/NoFooter.check.ts', own)).toThrow('in kebab case; seen')
  expect(() => placeOf(`${root}suites/injection/crlf-subject.check.ts`, own)).toThrow(
    'expected a weakness by which it is seen to fail',
  )
})

test('the file is that of whoever calls', () => {
  const call = () =>
    about({
      ...{
        ...said,
        severity: 'low',
        problem: '',
        why: '',
        reach: 'safe',
        needs: [],
        references: 'CWE-93 · RFC 5322 §2.2',
      },
      remediation: { effort: 'low', how: '' },
    })
  expect(call).toThrow('seen check/about.test.ts')
})
