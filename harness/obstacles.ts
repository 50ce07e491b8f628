/** What was asked for cannot be had: the command line or the profile is wrong. Exit code 3. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** What a run needs is not there: a port, a program, an engine, a mailbox. The message says what to do. Exit code 2. */
export class Unavailable extends Error {
  override readonly name = 'Unavailable'
}
