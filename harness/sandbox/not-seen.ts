/** What was waited for did not come in time. It proves nothing by itself: see `harness/check/verify.ts`. */
export class NotSeen extends Error {
  override readonly name = 'NotSeen'
}

/** For `catch`: that nothing came is an answer, too; everything else is thrown on. */
export function unlessSeen(error: unknown): undefined {
  if (!(error instanceof NotSeen)) throw error
}
