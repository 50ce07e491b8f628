import { createRequire } from 'node:module'
import path from 'node:path'
import { UsageError } from '../obstacles.ts'
import { isPackage, root } from '../tree.ts'

export const referenceProfile = path.join(root, 'fixtures/targets/reference.yaml')

/** The profile that is named, else that of the embedded reference API. Throws UsageError where that is not installed. */
export function profileFile(target: string | undefined): string {
  return target ?? (isPackage ? installedReference() : referenceProfile)
}

/** By the package of its own, where the user stands or beside ours. */
function installedReference(): string {
  for (const place of [path.join(process.cwd(), 'package.json'), import.meta.url])
    try {
      return createRequire(place).resolve('postern-reference/profile.yaml')
    } catch {}
  throw new UsageError(
    '--target: expected the profile of an API (postern init --openapi FILE writes one), or the package postern-reference, an API to attack; seen neither; install the tarball of it that was made with this one',
  )
}
