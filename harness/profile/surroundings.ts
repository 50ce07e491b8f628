import { isIP } from 'node:net'
import type { Mistake } from './schema.ts'
import type { ProfileData } from './shape.ts'
import { inputNames } from './templates.ts'
import { type Path, unknown } from './unknown-name.ts'

/** Mistakes in what stands around the calls: how the target comes up, the mailbox, pages and ZAP. */
export function surroundingMistakes(data: ProfileData): Mistake[] {
  return [
    ...[...targetMistakes(data), ...mailboxMistakes(data), ...egressMistakes(data)],
    ...userNameMistakes(data),
    ...[...pageMistakes(data), ...dashboardMistakes(data), ...zapMistakes(data)],
  ]
}

function isRegularExpression(text: string): boolean {
  try {
    return new RegExp(text) instanceof RegExp
  } catch {
    return false
  }
}

function zapMistakes({ zap, principals }: ProfileData): Mistake[] {
  if (zap === undefined) return []
  const ways = (['image', 'home', 'url'] as const).filter((way) => zap[way] !== undefined)
  const mistake = (expected: string, seen: string, remedy: string) => ({
    path: ['zap'],
    key: true,
    expected,
    seen,
    remedy,
  })
  return [
    ...(ways.length === 1
      ? []
      : [
          mistake(
            'one way to a ZAP: image, home or url',
            ways.join(' and ') || 'none',
            'keep one; image: zaproxy/zap-stable needs a Docker engine alone',
          ),
        ]),
    ...(zap.url !== undefined && !URL.canParse(zap.url)
      ? [mistake('a URL of ZAP', JSON.stringify(zap.url), 'write it as http://127.0.0.1:8090')]
      : []),
    ...(zap.exclude ?? []).flatMap((pattern, i) =>
      isRegularExpression(pattern)
        ? []
        : [
            {
              path: ['zap', 'exclude', i],
              key: false,
              expected: 'a regular expression of whole URLs, as Java and JavaScript have them alike',
              seen: JSON.stringify(pattern),
              remedy: 'correct it; a dot of a name is written \\\\.',
            },
          ],
    ),
    ...(zap.principal === undefined || zap.principal in principals
      ? []
      : [unknown(['zap', 'principal'], zap.principal, Object.keys(principals), 'a principal')]),
  ]
}

function pageMistakes({ pages = {}, principals, operations }: ProfileData): Mistake[] {
  return Object.entries(pages).flatMap(([name, { url, field, at, as }]) => {
    const mistake = (expected: string, seen: string, remedy: string) => ({
      path: ['pages', name],
      key: true,
      expected,
      seen,
      remedy,
    })
    const ways = [url === undefined ? [] : ['url'], field === undefined ? [] : ['field']].flat()
    return [
      ...(ways.length === 1
        ? []
        : [mistake('one way to the page: url or field', ways.join(' and ') || 'neither', 'keep one')]),
      ...((field === undefined) === (at === undefined)
        ? []
        : [
            mistake(
              'field and at together',
              at === undefined ? 'no at' : 'no field',
              'at says where the host that mail links to is found: write it as https://127.0.0.1:8443',
            ),
          ]),
      ...(field === undefined || 'message.send' in operations
        ? []
        : [
            mistake(
              'the operation message.send for a page that mail leads to',
              'none',
              'declare it, or name the url',
            ),
          ]),
      ...(as === undefined || as in principals
        ? []
        : [unknown(['pages', name, 'as'], as, Object.keys(principals), 'a principal')]),
    ]
  })
}

function dashboardMistakes({ dashboard, operations }: ProfileData): Mistake[] {
  const { pages = {}, change } = dashboard ?? {}
  if (change === undefined) return []
  const { page, makes } = change
  const at = (name: string) => ['dashboard', 'change', name]
  return [
    ...(page in pages ? [] : [unknown(at('page'), page, Object.keys(pages), 'a page of the dashboard')]),
    ...(makes === undefined || makes in operations
      ? []
      : [unknown(at('makes'), makes, Object.keys(operations), 'an operation')]),
  ]
}

/** SPF is asked about one address after the other; what a reference stands for is not known here. */
function egressMistakes({ mail }: ProfileData): Mistake[] {
  return (mail.egressAddresses ?? []).flatMap((address, at) =>
    isIP(address) > 0 || address.includes('${')
      ? []
      : [
          {
            path: ['mail', 'egressAddresses', at],
            key: false,
            expected: 'an IP address',
            seen: JSON.stringify(address),
            remedy: 'name each address that mail comes from; of a network, its first and its last',
          },
        ],
  )
}

/** A key that was made is known by what making it gives. */
function userNameMistakes({ mail, operations }: ProfileData): Mistake[] {
  const template = mail.submission?.usernameOfKey ?? ''
  const given = Object.keys(operations['key.create']?.result ?? {})
  return inputNames(template)
    .filter((name) => !given.includes(name))
    .map((name) => ({
      ...unknown(
        ['mail', 'submission', 'usernameOfKey'],
        name,
        given,
        'a result that the profile reads from key.create',
      ),
      remedy: `read it there: key.create: {result: {${name}: body.${name}}}`,
    }))
}

function mailboxMistakes({ target, sandbox, mail }: ProfileData): Mistake[] {
  const { url, username, password, smtp } = sandbox?.mailpit ?? {}
  const direct = mail.recipients?.route === 'mailpit'
  const mistake = (at: Path, expected: string, seen: string, remedy: string): Mistake[] => [
    { path: at, key: true, expected, seen, remedy },
  ]
  if (url === undefined)
    return direct
      ? mistake(
          ['mail', 'recipients', 'route'],
          'sandbox.mailpit.url with the route mailpit',
          'none',
          'say there where the Mailpit is that gets the target’s mail',
        )
      : []
  const at = ['sandbox', 'mailpit', 'url']
  const started = (['embedded', 'container', 'command'] as const).find((way) => target[way] !== undefined)
  return [
    ...(started === undefined
      ? []
      : mistake(
          at,
          'a target that runs already',
          `target.${started}`,
          'leave url out: a run brings its mailbox up',
        )),
    ...((username === undefined) === (password === undefined)
      ? []
      : mistake(['sandbox', 'mailpit'], 'username and password', 'one of them', 'write both or none')),
    ...(direct || smtp !== undefined
      ? []
      : mistake(
          at,
          'smtp beside it, or the route mailpit',
          'neither',
          'write smtp: host:port for the sandbox to hand mail on, or mail.recipients.route mailpit where the target does',
        )),
  ]
}

function targetMistakes({ target }: ProfileData): Mistake[] {
  const ways = (['embedded', 'container', 'command'] as const).filter((way) => target[way] !== undefined)
  const { container } = target
  const images = (['image', 'build'] as const).filter((key) => container?.[key] !== undefined)
  return [
    ...(ways.length > 1
      ? [
          {
            path: ['target', ways[1] ?? ''],
            key: true,
            expected: 'one way to come up: embedded, container or command',
            seen: ways.join(' and '),
            remedy: 'keep one; without any of them the target runs already',
          },
        ]
      : []),
    ...(container !== undefined && images.length !== 1
      ? [
          {
            path: ['target', 'container'],
            key: true,
            expected: 'an image or what to build it from',
            seen: images.join(' and ') || 'neither',
            remedy: 'write image or build',
          },
        ]
      : []),
  ]
}
