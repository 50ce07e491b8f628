import path from 'node:path'
import type { Finding, Location, Outcome } from '../model.ts'
import type { ProfileDocument } from '../profile/shape.ts'

/**
 * The outcomes with the place of each finding in the files of who uses us: the line of the profile that says how the call is made, as a path
 * from `folder`, with `/`. What a preset has stands where it is named. A profile outside of the folder is nobody's to comment on.
 */
export function located(
  outcomes: readonly Outcome[],
  document: Pick<ProfileDocument, 'data' | 'file' | 'locate'>,
  folder = process.cwd(),
): Outcome[] {
  const known = new Map<string, Location | null>()
  const locationOf = (operation: string): Location | null => {
    const before = known.get(operation)
    if (before !== undefined) return before
    const location = placeOf(operation, document, folder)
    known.set(operation, location)
    return location
  }
  const withLocation = (finding: Finding): Finding => {
    const location = locationOf(finding.operation)
    return location === null ? finding : { ...finding, location }
  }
  return outcomes.map((outcome) => ({ ...outcome, findings: outcome.findings.map(withLocation) }))
}

function placeOf(
  operation: string,
  { data, file, locate }: Pick<ProfileDocument, 'data' | 'file' | 'locate'>,
  folder: string,
): Location | null {
  const { operations = {}, mail } = data
  const [kind] = operation.split('.')
  const isDeclared = Object.hasOwn(operations, operation)
  const at = isDeclared
    ? ['operations', operation]
    : kind === 'submission'
      ? ['mail', 'submission']
      : kind === 'domain'
        ? ['mail', mail.domains === undefined ? 'from' : 'domains']
        : kind === 'api' || !('from' in operations)
          ? ['target']
          : ['operations', 'from']
  const found = locate(at, true)
  const position = found.file === file ? found : locate(['extends'], true)
  const relative = path.relative(folder, position.file)
  if (relative.startsWith('..') || path.isAbsolute(relative)) return null
  return { file: relative.split(path.sep).join('/'), line: position.line }
}
