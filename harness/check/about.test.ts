import { expect, test } from 'vitest'
import type { Practice } from '../model.ts'
import { about, idOf } from './about.ts'

const said = { practices: ['P18'], weaknesses: ['passes-line-breaks-on'] } as const

test('an id is suite and file name, by path or URL, in a browser or not', () => {
  expect(idOf('/x/suites/injection/crlf-subject.check.ts', said)).toBe('injection/crlf-subject')
  expect(idOf('file:///x/suites/injection/a%2Db.browser.check.ts', said)).toBe('injection/a-b')
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
  expect(() => idOf(file, wrong)).toThrow(error)
})

test('the file is that of whoever calls', () => {
  const call = () =>
    about({
      ...{
        ...said,
        severity: 'low',
        why: '',
        reach: 'safe',
        needs: [],
        references: 'CWE-93 · RFC 5322 §2.2',
      },
      remediation: { effort: 'low', how: '' },
    })
  expect(call).toThrow('seen check/about.test.ts')
})
