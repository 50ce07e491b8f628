import { expect, test } from 'vitest'
import { type Hours, hoursAround } from './hours.ts'

const minutesOf = (time: string) => {
  const [hours = 0, minutes = 0] = time.split(':').map(Number)
  return hours * 60 + minutes
}

function isIn({ from, to }: Hours, minute: number): boolean {
  const [begin, end] = [minutesOf(from), minutesOf(to)]
  return begin < end ? minute >= begin && minute < end : minute >= begin || minute < end
}

test('spans of the day are open or shut as they say, at every minute of it', () => {
  for (let minute = 0; minute < 24 * 60; minute++) {
    const { open, over, later, aroundMidnight } = hoursAround(Date.UTC(2030, 0, 1, 0, minute, 59))
    const there = [open, over, later].map((hours) => isIn(hours, minute))
    expect(there).toEqual([true, false, false])
    expect(isIn(over, (minute + 24 * 60 - 120) % (24 * 60))).toBe(true)
    if (aroundMidnight === null) expect(minute).toBeGreaterThan(24 * 60 - 4)
    else {
      expect([minute, minute + 1, minute + 2].map((each) => isIn(aroundMidnight, each))).not.toContain(true)
      expect(minutesOf(aroundMidnight.from)).toBeGreaterThan(minutesOf(aroundMidnight.to))
    }
  }
})
