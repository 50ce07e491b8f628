import { notJsonata } from './expression-mistakes.ts'
import { compile } from './expressions.ts'
import type { Mistake } from './schema.ts'
import type { PrincipalData, Reference } from './shape.ts'
import { templateNames, withoutReferences } from './templates.ts'
import { type Path, unknown } from './unknown-name.ts'

const madeForSignatures = ['signature', 'timestamp', 'nonce', 'bodyHash']
const signable = [
  ...['method', 'path', 'query', 'pathAndQuery', 'host', 'headers', 'timestamp', 'nonce', 'body', 'bodyHash'],
]

/** What is wrong with how a principal signs: what its message and its templates may name, and where its signature goes. */
export function hmacMistakes(
  { message, headers = {}, query = {} }: NonNullable<PrincipalData<Reference>['hmac']>,
  at: (...rest: Path) => Path,
): Mistake[] {
  const templates = [
    ...Object.entries(headers).map(([name, template]) => ({ place: at('headers', name), template })),
    ...Object.entries(query).map(([name, template]) => ({ place: at('query', name), template })),
  ]
  const names = templates.flatMap(({ place, template }) =>
    templateNames(withoutReferences(template)).map((name) => ({ place, name })),
  )
  return [
    ...signedMistakes(message, at('message')),
    ...names.flatMap(({ place, name }) =>
      madeForSignatures.includes(name)
        ? []
        : [unknown(place, name, madeForSignatures, 'what is made for a signature')],
    ),
    ...(names.some(({ name }) => name === 'signature')
      ? []
      : [
          {
            path: at(),
            key: true,
            expected: 'a header field or a query parameter with {signature} in it',
            seen: 'none: the signature would go nowhere',
            remedy: "write headers: { X-Signature: '{signature}' }, as the target calls it",
          },
        ]),
  ]
}

function signedMistakes(message: string, path: Path): Mistake[] {
  try {
    const { inputs } = compile(message)
    return [...(inputs ?? [])].flatMap((name) =>
      signable.includes(name) ? [] : [unknown(path, name, signable, 'something of the request to sign')],
    )
  } catch (error) {
    return [notJsonata(path, error)]
  }
}
