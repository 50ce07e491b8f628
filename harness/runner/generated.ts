import type { Method } from '../../reports/methods.ts'
import { profilePage } from '../profile/profile-page.ts'
import { catalogueMarkdown } from './catalogue.ts'
import { checkPage } from './check-page.ts'
import type { Listed } from './checks.ts'
import { pageFile, readMethod, readPages } from './method-text.ts'
import type { Proof } from './proofs.ts'
import type { Reasons } from './unfelled.ts'

export interface Generated {
  /** What each file should hold, by its path in the project. */
  readonly files: ReadonlyMap<string, string>
  /** What is wrong with the pages of checks that they are made of: a sentence each. */
  readonly problems: readonly string[]
}

/** All that is generated beside proofs: the pages of checks around what is written there by hand, what reports say of it, and the rest. */
export async function generatedFiles(
  checks: readonly Listed[],
  proofs: ReadonlyMap<string, Proof>,
  reasons: Reasons,
): Promise<Generated> {
  const pages = await readPages()
  const files = new Map<string, string>()
  const methods: Record<string, Method> = {}
  const problems = [...pages.keys()]
    .filter((id) => !checks.some((check) => check.id === id))
    .map((id) => `${pageFile(id)} is the page of ${id}, and there is no such check: delete it`)
  for (const check of checks) {
    const { id } = check
    const read = readMethod(id, pages.get(id) ?? null)
    if ('problem' in read) {
      problems.push(read.problem)
      continue
    }
    methods[id] = read.method
    files.set(pageFile(id), checkPage(check, read.method, proofs.get(id), reasons))
  }
  files.set('reports/methods.json', `${JSON.stringify(methods, null, 2)}\n`)
  files.set('suites/README.md', catalogueMarkdown(checks, proofs))
  files.set('docs/profile.md', await profilePage())
  return { files, problems }
}
