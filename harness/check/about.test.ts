import { expect, test } from 'vitest'
import type { Practice } from '../model.ts'
import { about, placeOf } from './about.ts'

const said = { practices: ['P18'], weaknesses: ['passes-line-breaks-on'] } as const

test('an id is suite and file name, by path or URL, and a check in a browser keeps its file', () => {
  expect(placeOf('/x/suites/injection/crlf-subject.check.ts', said)).toEqual({
    id: 'injection/crlf-subject',
    file: 'suites/injection/crlf-subject.check.ts',
  })
  expect(placeOf('file:///x/suites/injection/a%2Db.browser.check.ts', said)).toEqual({
    id: 'injection/a-b',
    file: 'suites/injection/a-b.browser.check.ts',
  })
})

test.each([
  ['/x/suites/injection/CrlfSubject.check.ts', said, 'in kebab case'],
  ['/x/suites/injection/crlf-subject.ts', said, 'in kebab case'],
  ['/x/suites/injction/crlf-subject.check.ts', said, 'of a suite with weaknesses'],
  [
    '/x/suites/injection/crlf-subject.check.ts',
    { ...said, practices: ['P36' as Practice] as const },
    'expected practices of harness/model.ts; seen P36',
  ],
  [
    '/x/suites/injection/crlf-subject.check.ts',
    { ...said, weaknesses: ['accepts-unsigned-tokens'] as const },
    'seen accepts-unsigned-tokens; move it there',
  ],
])('a check in %s that says what is not so does not load', (file, wrong, error) => {
  expect(() => placeOf(file, wrong)).toThrow(error)
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
