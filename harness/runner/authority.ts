import { readFile } from 'node:fs/promises'
import { UsageError } from '../obstacles.ts'
import type { ProfileDocument } from '../profile/shape.ts'

/** The PEM of the authority that the profile names for the sandbox; `null` where it names none. Throws UsageError. */
export async function authorityOf(document: ProfileDocument): Promise<string | null> {
  const { authority } = document.data.sandbox ?? {}
  if (authority === undefined) return null
  const file = document.pathOf(['sandbox', 'authority'], authority)
  return readFile(file, 'utf8').catch(({ code }: NodeJS.ErrnoException) => {
    throw new UsageError(
      `sandbox.authority: expected a readable PEM file; seen ${code} for ${file}; correct its path`,
    )
  })
}
