import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { getCallSites } from 'node:util'
import type { HabitName } from '../../fixtures/reference-api/habits.ts'
import { bySuite, type WeaknessName } from '../../fixtures/reference-api/weaknesses/all.ts'
import { headerText } from '../../fixtures/reference-api/weaknesses/injection/header-text.ts'
import { type About, type Practice, practices } from '../model.ts'
import { isOurs } from '../tree.ts'
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
  /** A check of ours names one at least; of the reference API, so that those of users have none. */
  readonly weaknesses?: readonly [WeaknessName, ...WeaknessName[]]
  readonly habits?: readonly HabitName[]
}

/** Called in the file of the check itself. Throws, so that nothing runs, for what does not fit its place or is unknown. */
export function about(said: Said): About {
  const { references, weaknesses = [], ...rest } = said
  const [, caller] = getCallSites(2)
  return {
    ...rest,
    ...placeOf(caller?.scriptName ?? '', { ...said, weaknesses }),
    ...{ weaknesses, references: references.split(' · ') },
  }
}

/** Id and place of a check in that file, a path or a file URL. Throws where its place, a practice or a weakness is wrong. */
export function placeOf(
  script: string,
  { practices: named, weaknesses }: Pick<About, 'practices' | 'weaknesses'>,
): Pick<About, 'id' | 'file'> {
  const file = script.startsWith('file:') ? fileURLToPath(script) : script
  const [folder = '', suite = '', name = ''] = file.split(path.sep).slice(-3)
  const check = /^([a-z0-9]+(?:-[a-z0-9]+)*)(?:\.browser)?\.check\.[cm]?[jt]s$/.exec(name)?.[1]
  const ours = isOurs(file)
  if (check === undefined || !/^[a-z0-9-]+$/.test(suite) || (ours && !(suite in bySuite)))
    throw new Error(
      `expected <suite>/<failing-state>.check.ts, in kebab case${ours ? `, of a suite with weaknesses (${Object.keys(bySuite).join(', ')})` : ''}; seen ${suite}/${name}; rename the file`,
    )
  const id = `${suite}/${check}`
  for (const practice of named)
    if (!practices.includes(practice))
      throw new Error(`${id}: expected practices of harness/model.ts; seen ${practice}; correct it`)
  if (!ours) return { id, file: `${folder}/${suite}/${name}` }
  if (weaknesses.length === 0)
    throw new Error(`${id}: expected a weakness by which it is seen to fail; seen none; name one`)
  const own = Object.keys(bySuite[suite as keyof typeof bySuite])
  for (const weakness of weaknesses)
    if (!own.includes(weakness))
      throw new Error(
        `${id}: expected weaknesses of fixtures/reference-api/weaknesses/${suite}.ts (${own.join(', ')}); seen ${weakness}; move it there or name another`,
      )
  // Where it was written, whatever it was compiled to.
  return { id, file: `suites/${suite}/${name.replace(/js$/, 'ts')}` }
}
