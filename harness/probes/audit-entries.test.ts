import { expect, test } from 'vitest'
import { names, unsaidIn } from './audit-entries.ts'

test.each([
  [{ actor: 'key_0123456789', at: 1 }, ['key_0123456789'], true],
  [{ text: 'key key_0123456789 was refused' }, ['key_0123456789'], true],
  [{ actor: 12, at: '2026-12-12' }, ['12'], true],
  [{ actor: 'user', at: '2026-12-12' }, ['12'], false],
  [{ prefix: 'rk_01234567' }, ['key_0', 'rk_01234567'], true],
  [{ actor: null }, [null, undefined, ''], false],
])('%j names one of %j: %s', (entry, marks, named) => {
  expect(names(entry, marks)).toBe(named)
})

test.each([
  [{ reason: 'key_revoked', ip: '192.0.2.1', at: '2026-01-01T00:00:00Z' }, []],
  [{ message: 'API key is inactive', source: '192.0.2.1:4711', ts: 1_767_225_600_000 }, []],
  [{ status: 'expired', ip: '[2001:db8::1]:25', time: '01/31/2026 12:00:00' }, []],
  [{ status: 401, ip: '2001:db8::1', time: '2026-01-01 12:00' }, ['that the key had ended']],
  [{ what: 'key.used_after_end', remote: '192.0.2.1', at: '2026-01-01T00:00:00Z' }, []],
  [{ what: 'key.appended', remote: '192.0.2.1', at: '2026-01-01T00:00:00Z' }, ['that the key had ended']],
  [{ reason: 'rotated', ip: '', count: 2 }, ['from which address', 'when']],
])('%j leaves unsaid: %j', (entry, unsaid) => {
  expect(unsaidIn([entry])).toEqual(unsaid)
})
