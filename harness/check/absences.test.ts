import { expect, test } from 'vitest'
import type { Delivery } from '../model.ts'
import { createAbsences } from './absences.ts'
import type { Scope } from './trail.ts'

const scopeOf = (variant: string | null, fenced: boolean) => ({ variant, fenced }) as Scope
const some = [{} as Delivery]

test('a check goes by what had not come once a fence of its own had passed', () => {
  const absences = createAbsences((text) => text.toUpperCase())
  const [unfenced, fenced] = [scopeOf('before', false), scopeOf('after', true)]
  absences.saw(unfenced, { to: 'early@inbox.test' }, [])
  absences.saw(fenced, { to: 'none@inbox.test' }, [])
  absences.saw(fenced, { to: 'one@inbox.test' }, some)
  absences.saw(scopeOf(null, true), { containing: 'mark', since: 7 }, [])
  expect(absences.all).toEqual([
    { variant: 'AFTER', filter: { to: 'none@inbox.test' } },
    { variant: null, filter: { containing: 'mark', since: 7 } },
  ])
})

test('mail that the check has seen since is none that comes late', () => {
  const absences = createAbsences((text) => text)
  absences.saw(scopeOf(null, true), { containing: 'mark', since: 7 }, [])
  absences.saw(scopeOf('next', false), { containing: 'mark', since: 9 }, some)
  expect(absences.all).toEqual([])
})
