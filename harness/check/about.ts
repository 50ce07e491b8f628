import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { getCallSites } from 'node:util'
import type { HabitName } from '../../fixtures/reference-api/habits.ts'
import { bySuite, type WeaknessName } from '../../fixtures/reference-api/weaknesses/all.ts'
import { headerText } from '../../fixtures/reference-api/weaknesses/injection/header-text.ts'
import { type About, type Practice, practices } from '../model.ts'
import type { Need } from './needs.ts'

/** The weaknesses that spoil what every text of a header goes through. */
export const ofHeaderText = Object.keys(headerText) as (keyof typeof headerText)[]

/** What a check says of itself, as its author writes it. The id is not written: it is suite and file name. */
export interface Said
  extends Omit<About, 'id' | 'file' | 'practices' | 'references' | 'needs' | 'weaknesses' | 'habits'> {
  readonly practices: readonly [Practice, ...Practice[]]
  /** With ` · ` between them: `CWE-93 · RFC 5322 §2.2`. */
  readonly references: string
  readonly needs: readonly Need[]
  readonly weaknesses: readonly [WeaknessName, ...WeaknessName[]]
  readonly habits?: readonly HabitName[]
}

/** Called in the file of the check itself. Throws, so that nothing runs, for what does not fit its place or is unknown. */
export function about(said: Said): About {
  const { references, ...rest } = said
  const [, caller] = getCallSites(2)
  return { ...rest, ...placeOf(caller?.scriptName ?? '', said), references: references.split(' · ') }
}

/** Id and place of a check in that file, a path or a file URL. Throws where its place, a practice or a weakness is wrong. */
export function placeOf(
  script: string,
  said: Pick<Said, 'practices' | 'weaknesses'>,
): Pick<About, 'id' | 'file'> {
  const { practices: named, weaknesses } = said
  const file = script.startsWith('file:') ? fileURLToPath(script) : script
  const [suite = '', name = ''] = file.split(path.sep).slice(-2)
  const check = /^([a-z0-9]+(?:-[a-z0-9]+)*)(?:\.browser)?\.check\.ts$/.exec(name)?.[1]
  if (check === undefined || !(suite in bySuite))
    throw new Error(
      `expected suites/<suite>/<failing-state>.check.ts, in kebab case, of a suite with weaknesses (${Object.keys(bySuite).join(', ')}); seen ${suite}/${name}; rename the file`,
    )
  const id = `${suite}/${check}`
  for (const practice of named)
    if (!practices.includes(practice))
      throw new Error(`${id}: expected practices of harness/model.ts; seen ${practice}; correct it`)
  const own = Object.keys(bySuite[suite as keyof typeof bySuite])
  for (const weakness of weaknesses)
    if (!own.includes(weakness))
      throw new Error(
        `${id}: expected weaknesses of fixtures/reference-api/weaknesses/${suite}.ts (${own.join(', ')}); seen ${weakness}; move it there or name another`,
      )
  return { id, file: `suites/${suite}/${name}` }
}
