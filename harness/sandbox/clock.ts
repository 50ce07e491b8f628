/** Milliseconds by a clock that nobody sets and all processes of a machine share (CLOCK_MONOTONIC and its like). */
export const monotonic = (): number => Number(process.hrtime.bigint() / 1_000_000n)
