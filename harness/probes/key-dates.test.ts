import { expect, test } from 'vitest'
import { keyDatesIn, lastUseIn } from './key-dates.ts'

const day = 86_400_000
const at = (time: string) => Date.parse(time)

test.each([
  [{ id: 'k', created_at: '2026-01-01T00:00:00Z', expires_at: null }, at('2026-01-01'), null, false],
  [{ key: { createdAt: 20_000 * day, expiresAt: 20_001 * day } }, 20_000 * day, 20_001 * day, false],
  [{ data: { created: 1_767_225_600, expires: 0 } }, at('2026-01-01'), null, false],
  [{ created: '1767225600', expiration: 'never' }, at('2026-01-01'), null, false],
  [{ id: 'k', name: 'of 2026' }, null, undefined, false],
  [{ createdAt: '2026-01-01', lastRotatedAt: '2026-03-01' }, at('2026-03-01'), undefined, false],
  [
    { createdAt: '2026-01-01', rotated_at: null, validUntil: '2026-02-01' },
    at('2026-01-01'),
    at('2026-02-01'),
    false,
  ],
  [{ created: '2026-01-01', revoked_at: '2026-02-01T00:00:00Z' }, at('2026-01-01'), undefined, true],
  [
    { created: '2026-01-01', revoked_at: null, revoked: false, is_active: true },
    at('2026-01-01'),
    undefined,
    false,
  ],
  [{ active: false }, null, undefined, true],
  [{ status: 'REVOKED' }, null, undefined, true],
  [{ state: 'enabled', disabled: true }, null, undefined, true],
])('of %j: made, ends and whether it is over', (told, made, ends, isOver) => {
  expect(keyDatesIn(JSON.stringify(told))).toEqual({ made, ends, isOver })
})

test('what is no JSON tells nothing', () => {
  expect(keyDatesIn('<html>')).toEqual({ made: null, ends: undefined, isOver: false })
})

test.each([
  [{ id: 'k', created_at: '2026-01-01' }, undefined],
  [{ last_used_at: null }, null],
  [{ key: { lastUsed: 'never' } }, null],
  [{ lastUsedAt: 20_000 * day }, 20_000 * day],
  [{ last_seen: 1_767_225_600, last_used_on: null }, at('2026-01-01')],
])('of %j: when it was used last', (told, used) => {
  expect(lastUseIn(JSON.stringify(told))).toBe(used)
})
