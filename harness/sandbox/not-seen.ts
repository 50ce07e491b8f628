/** What was waited for did not come in time. It proves nothing by itself: see `harness/verify.ts`. */
export class NotSeen extends Error {
  override readonly name = 'NotSeen'
}
