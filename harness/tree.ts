import { getCompileCacheDir } from 'node:module'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder that holds harness, suites, fixtures and reports, with a slash at its end. */
export const root = fileURLToPath(new URL('../', import.meta.url))

/** Of our modules: `.ts` in the repository, `.js` in the package, which is compiled. */
export const extension = path.extname(fileURLToPath(import.meta.url))

/** Whether this is the package that others install: it has no reference API, no proofs to make and no Node of its own. */
export const isPackage = extension === '.js'

const compiled = getCompileCacheDir()

/** For a thread: where this process keeps what it compiles, if it does. A thread left to itself takes the types out anew. */
export const compileCache: Readonly<Record<string, string>> =
  compiled === undefined ? {} : { NODE_COMPILE_CACHE: path.dirname(compiled) }

/** Where the project's own checks are. */
export const suites = path.join(root, 'suites')

/** Whether a check is the project's own, by its absolute path; a user has others. */
export function isOurs(file: string): boolean {
  return file.startsWith(`${suites}${path.sep}`)
}

/** Whether it is looked at in a browser, by the name of its file. */
export function isInBrowser(file: string): boolean {
  return /\.browser\.check\.[a-z]+$/.test(file)
}

/** The variable that says where a user keeps checks of his own; `--suites` sets it. */
export const suitesVariable = 'POSTERN_SUITES'
