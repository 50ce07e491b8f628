/** Timers take a signed 32-bit number of milliseconds. */
const longest = 2 ** 31 - 1

/** Aborts after so many milliseconds: a profile may say fractions of a second, and years. */
export function deadlineAfter(milliseconds: number): AbortSignal {
  return AbortSignal.timeout(Math.min(Math.max(0, Math.ceil(milliseconds)), longest))
}
