import { createHash } from 'node:crypto'
import type { Finding } from '../harness/model.ts'

/** 16 hexadecimal digits by which a finding is known again: the same over runs, seeds, and the wording of a check. */
export function fingerprintOf(
  check: string,
  { operation, variant }: Pick<Finding, 'operation' | 'variant'>,
): string {
  return createHash('sha256')
    .update(JSON.stringify([check, operation, variant]))
    .digest('hex')
    .slice(0, 16)
}
