import type { Mistake } from './schema.ts'
import type { ProfileData, Reference, SubmissionData } from './shape.ts'
import type { Path } from './unknown-name.ts'

/**
 * A profile as it is written: of a target that is a submission service alone, that stands under `target.submission`; beside its
 * operations it may say that there are more.
 */
export type WrittenData = Omit<ProfileData, 'target' | 'principals' | 'operations' | 'documented'> &
  Partial<Pick<ProfileData, 'principals'>> & {
    readonly operations?: { readonly from?: 'openapi'; readonly except?: readonly string[] }
    readonly target: Omit<ProfileData['target'], 'url'> & {
      readonly url?: string
      readonly submission?: SubmissionData<Reference, number | string>
    }
  }

/** Whether the target is a submission service, and has no HTTP API. */
export function isSubmissionAlone({
  target,
}: {
  readonly target: Pick<ProfileData['target'], 'submissionAlone'>
}): boolean {
  return target.submissionAlone === true
}

/** The same for every target: where it is, its submission service under `mail`, and its operations by themselves. */
export function withOnePlace({ operations: all = {}, ...written }: WrittenData): ProfileData {
  const { submission, ...target } = written.target
  const { principals = {} } = written
  const { from, except = [], ...declared } = all
  const operations = {
    ...{ operations: declared as ProfileData['operations'] },
    ...(from === undefined ? {} : { documented: { except } }),
  }
  if (submission === undefined) {
    const { url = '' } = target
    return { ...written, target: { ...target, url }, principals, ...operations }
  }
  return {
    ...written,
    ...{ principals, ...operations },
    target: { ...target, url: urlOf(submission), submissionAlone: true },
    mail: { ...written.mail, submission },
  }
}

/** `smtps://host:465`: the port at which messages are submitted. */
export function urlOf({ host, starttls, implicit }: SubmissionData<unknown, number | string>): string {
  const name = /^[^[$]*:/.test(host) ? `[${host}]` : host
  return implicit === undefined ? `smtp://${name}:${starttls}` : `smtps://${name}:${implicit}`
}

/** Where the user has written what stands at this path. */
export function asWritten({ target }: Pick<ProfileData, 'target'>, path: Path): Path {
  if (path[0] === 'documented') return ['operations', ...path.slice(1)]
  if (!isSubmissionAlone({ target })) return path
  const [first, second, ...rest] = path
  if (first === 'mail' && second === 'submission') return ['target', 'submission', ...rest]
  return first === 'target' && second === 'url' ? ['target', 'submission', 'host'] : path
}

/** Where a profile says where its target is. */
export function placeOfTarget(profile: Parameters<typeof isSubmissionAlone>[0]): string {
  return isSubmissionAlone(profile) ? 'target.submission' : 'target.url'
}

/** Where a profile says where mail is submitted. */
export function placeOfSubmission(profile: Parameters<typeof isSubmissionAlone>[0]): string {
  return isSubmissionAlone(profile) ? 'target.submission' : 'mail.submission'
}

/** What of a profile only an HTTP API has. */
const ofHttp = [
  'openapi',
  'operations',
  'pages',
  'accounts',
  'roles',
  'scopes',
  'shared',
  'jwt',
  'passkeys',
  'saml',
  'ingest',
  'mcp',
  'oauth',
  'dashboard',
  'zap',
] as const

/** What does not go with a target that is a submission service alone. */
export function submissionAloneMistakes(written: WrittenData): Mistake[] {
  const { submission, url, headers } = written.target
  if (submission === undefined) return []
  const mistake = (path: Path, expected: string, seen: string, remedy: string): Mistake => ({
    ...{ path, key: true, expected, seen, remedy },
  })
  const misplaced: Path[] = [
    ...(url === undefined ? [] : [['target', 'url']]),
    ...(headers === undefined ? [] : [['target', 'headers']]),
    ...ofHttp.filter((name) => written[name] !== undefined).map((name) => [name]),
  ]
  return [
    ...misplaced.map((path) =>
      mistake(
        path,
        'nothing of an HTTP API beside target.submission, which says that there is none',
        path.join('.'),
        'take it out; of a target with an HTTP API name target.url, and write the service under mail.submission',
      ),
    ),
    ...(written.mail.submission === undefined
      ? []
      : [mistake(['mail', 'submission'], 'one submission service', 'two of them', 'keep target.submission')]),
    ...(submission.starttls === undefined && submission.implicit === undefined
      ? [
          mistake(
            ['target', 'submission'],
            'a port: starttls, implicit or both',
            'neither',
            'write starttls: 587 or implicit: 465',
          ),
        ]
      : []),
    ...Object.entries(written.principals ?? {}).flatMap(([name, principal]) => {
      const [way] = ['bearer', 'headers', 'query', 'body', 'sigv4', 'hmac', 'session'].filter(
        (key) => key in principal,
      )
      return way === undefined
        ? []
        : [
            mistake(
              ['principals', name, way],
              'basic: {username, password}, which AUTH gets',
              way,
              'a submission service takes nothing else; write basic, or none: true',
            ),
          ]
    }),
  ]
}
