import { readProfile, resolveProfile } from '../profile/profile.ts'
import type { ProfileDocument } from '../profile/shape.ts'
import { newZone } from '../sandbox/names.ts'
import { type Cleaning, count, createCleaning } from './cleaning.ts'
import { furtherOf } from './further.ts'
import { onInterrupt } from './interrupt.ts'
import { outlivesRuns, randomsOf, startWorld } from './world.ts'

/**
 * Takes back what runs have left at the target; runs nothing. 0 where nothing stays, 2 where something does or may. Throws
 * ProfileError, UsageError and Unavailable.
 */
export async function clean({ target }: { readonly target?: string | undefined }): Promise<0 | 2> {
  const document = target === undefined ? null : await readProfile(target)
  if (document === null || !outlivesRuns(document)) {
    console.log('nothing is left: this target goes with each run, and all that is in it')
    return 0
  }
  const interrupt = onInterrupt('cleaning up')
  try {
    const place = await placeOf(document, interrupt.signal)
    try {
      const { taken, left, others, unread, whose } = await place.takeOver()
      if (taken > 0) console.log(`took back ${count(taken)}`)
      for (const line of [...left, ...unread]) console.error(line)
      for (const { host, pid } of others)
        console.error(`left alone: what process ${pid} on ${host} has made, as it may still be running`)
      if (left.length > 0 || others.length > 0 || unread.length > 0) return 2
      console.log(`nothing is left of ${whose}`)
      return 0
    } finally {
      await place.close()
    }
  } finally {
    interrupt.release()
  }
}

/** Of a target that runs already nothing else is needed; a program has to be started. */
async function placeOf(
  document: ProfileDocument,
  signal: AbortSignal,
): Promise<Pick<Cleaning, 'takeOver' | 'close'>> {
  if (document.comesUp !== 'external') return startWorld({ target: document.file, signal })
  const values = { ...process.env, ...randomsOf(document) }
  const mapped = await resolveProfile(document, values)
  const further = await furtherOf(document, mapped)
  const profile = further === null ? mapped : await resolveProfile(document, values, { further })
  return createCleaning(document, profile, { zone: newZone() }, signal)
}
