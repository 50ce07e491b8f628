/** A span of the day in UTC, times as 08:00; over midnight where it ends before it begins. */
export interface Hours {
  readonly from: string
  readonly to: string
}

const ofDay = 24 * 60

/** That many minutes into the day. */
function clock(minutes: number): string {
  const minute = ((minutes % ofDay) + ofDay) % ofDay
  return [Math.floor(minute / 60), minute % 60].map((part) => String(part).padStart(2, '0')).join(':')
}

/** Spans that it is in at that time, in epoch milliseconds, or not. */
export interface HoursAround {
  /** As was true for hours: it holds `over` too. */
  readonly open: Hours
  /** Ended an hour ago. */
  readonly over: Hours
  /** Begins in an hour. */
  readonly later: Hours
  /** All around midnight but for some time before and after now; `null` in the last minutes before it. */
  readonly aroundMidnight: Hours | null
}

/** The middle of `over` lies so many minutes back. */
export const minutesBack = 120
/** Minutes, that a span does not end or begin while it is looked at. */
const margin = 3

export function hoursAround(time: number): HoursAround {
  const now = Math.floor(time / 60_000) % ofDay
  const between = (from: number, to: number) => ({ from: clock(now + from), to: clock(now + to) })
  const [to, from] = [Math.floor(now / 2), now + Math.max(margin, Math.ceil((ofDay - now) / 2))]
  return {
    open: between(-minutesBack - 60, 60),
    over: between(-minutesBack - 60, -minutesBack + 60),
    later: between(60, 180),
    aroundMidnight: from >= ofDay ? null : { from: clock(from), to: clock(to) },
  }
}
