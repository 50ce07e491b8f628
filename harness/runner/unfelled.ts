import { glob, readFile } from 'node:fs/promises'
import path from 'node:path'
import escapeStringRegexp from 'escape-string-regexp'
import { root } from '../tree.ts'

/** Why some variants of checks can be felled by no weakness, written by hand in `suites/<suite>/unfelled.json`. */
export interface Reasons {
  /** `null` where nobody gave one. */
  why(check: string, variant: string): string | null
  /** Patterns that match none of these variants any more, by check. */
  idle(neverFelled: ReadonlyMap<string, readonly string[]>): string[]
}

/** By check, by pattern: `*` stands for anything in the name of a variant. */
type File = Readonly<Record<string, Readonly<Record<string, string>>>>

export async function readReasons(): Promise<Reasons> {
  const byCheck = new Map<
    string,
    { readonly pattern: string; readonly matches: RegExp; readonly why: string }[]
  >()
  for await (const file of glob('suites/*/unfelled.json', { cwd: root })) {
    const suite = path.basename(path.dirname(file))
    const data = JSON.parse(await readFile(path.join(root, file), 'utf8')) as File
    for (const [check, patterns] of Object.entries(data))
      byCheck.set(
        `${suite}/${check}`,
        Object.entries(patterns).map(([pattern, why]) => ({ pattern, matches: matcher(pattern), why })),
      )
  }
  return {
    why: (check, variant) => byCheck.get(check)?.find(({ matches }) => matches.test(variant))?.why ?? null,
    idle: (neverFelled) =>
      [...byCheck].flatMap(([check, patterns]) =>
        patterns
          .filter(({ matches }) => !(neverFelled.get(check) ?? []).some((variant) => matches.test(variant)))
          .map(({ pattern }) => `${check}: ${pattern}`),
      ),
  }
}

function matcher(pattern: string): RegExp {
  return new RegExp(`^${pattern.split('*').map(escapeStringRegexp).join('.*')}$`, 's')
}
