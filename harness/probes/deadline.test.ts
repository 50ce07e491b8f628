import { expect, test } from 'vitest'
import { deadlineAfter } from './deadline.ts'

test.each([0.5, 4059.9999999999995, 1e15, -1, Number.POSITIVE_INFINITY])(
  '%d ms is a time to wait',
  (time) => {
    expect(deadlineAfter(time)).toBeInstanceOf(AbortSignal)
  },
)
