import { Document, isCollection, isMap, isPair, isScalar, Scalar, type YAMLMap } from 'yaml'
import type { FirstProfile, Guess } from './first-profile.ts'

/** What is not guessed from the calls of the document. */
export interface Circumstances {
  readonly name: string
  readonly url: Guess<string>
  /** As the profile is to name them. */
  readonly openapi: string
  readonly ca: string | null
  /** `null` for a target on loopback. */
  readonly authorization: {
    readonly owner: string
    readonly until: string
    readonly scope: readonly string[]
  } | null
  readonly from: Guess<string>
  /** From which the tenant may send. */
  readonly domains: readonly string[]
  /** The port of the sandbox to which the target is to relay its mail. */
  readonly relayPort: number
  /** Path of the schema of profiles, for editors. */
  readonly schema: string
}

const width = 110

/** The YAML of a first profile: each guess under a comment that says what speaks for it. */
export function profileText(guessed: FirstProfile, circumstances: Circumstances): string {
  const { name, url, openapi, ca, authorization, from, domains, relayPort, schema } = circumstances
  const { principals, operations, roles, scopes, jwks } = guessed
  const document = new Document({
    name,
    target: { url: url.value },
    ...(ca === null ? {} : { ca }),
    openapi,
    ...(authorization === null
      ? {}
      : { authorization, budget: { requests: 20_000, mails: 2000, perSecond: 25 } }),
    principals: values(principals),
    operations: { from: 'openapi', ...values(operations) },
    mail: { from: from.value, recipients: { route: 'relay' }, delivery: { within: 30 } },
    sandbox: { ports: { sound: relayPort } },
    ...(roles === null ? {} : { roles: roles.value }),
    ...(scopes === null ? {} : { scopes: scopes.value }),
    ...(jwks === null ? {} : { jwt: { jwks: `${url.value}${jwks.value}` } }),
  })
  document.commentBefore = [
    ` yaml-language-server: $schema=${schema}`,
    ...folded(
      'A first profile, guessed from an OpenAPI document. A comment says what speaks for the guess below it; look at those marked UNSURE first, then have `postern doctor` prove every line. What is not here is not tested: fixtures/targets/example.yaml shows what else can be said.',
    ),
  ].join('\n')
  const top = document.contents as YAMLMap
  comment(top, ['target', 'url'], marked(url))
  comment(top, ['mail', 'from'], marked(from))
  const mail = top.get('mail')
  // What a relay signs in production is not signed here: that would be a finding, and none of the target's.
  if (isMap(mail) && domains.length > 0)
    mail.comment = [
      ...folded(
        'Name the domains that mail is from, to have DKIM, SPF and DMARC looked at; where a relay behind the target signs, write signedBy: relay beside them:',
      ),
      ` domains: [${domains.join(', ')}]`,
    ].join('\n')
  comment(
    top,
    ['mail', 'recipients'],
    [
      `Have the target relay all of its mail to port ${relayPort} of this machine while a run is on: there the sandbox listens. Does it look MX records up itself, write route: mx, and have it ask the sandbox's DNS (sandbox.ports.dns).`,
    ],
  )
  comment(top, ['mail', 'delivery'], ['The longest that mail may take: seconds.'])
  if (authorization !== null)
    comment(top, ['authorization'], ['Who allows this test, and until when: nothing is sent without it.'])
  for (const [section, guesses] of Object.entries({ principals, operations }))
    for (const [key, guess] of Object.entries(guesses)) comment(top, [section, key], marked(guess))
  comment(
    top,
    ['operations', 'from'],
    ['What else the document has is tried as well, reads first; `except: [METHOD /path]` leaves calls out.'],
  )
  if (roles !== null) comment(top, ['roles'], marked(roles))
  if (scopes !== null) comment(top, ['scopes'], marked(scopes))
  if (jwks !== null) comment(top, ['jwt'], marked(jwks))
  inline(top)
  return document.toString({ lineWidth: width, flowCollectionPadding: true })
}

function values<Value>(guesses: Readonly<Record<string, Guess<Value>>>): Record<string, Value> {
  return Object.fromEntries(Object.entries(guesses).map(([name, { value }]) => [name, value]))
}

function marked({ reason, unsure, confidence }: Guess<unknown>): string[] {
  const how = confidence === undefined ? '' : ` (${Math.round(100 * confidence)} %)`
  return [`${unsure ? `UNSURE${how}: ` : ''}${reason}`]
}

function folded(text: string): string[] {
  return (text.match(new RegExp(`\\S.{0,${width - 6}}(?=\\s|$)`, 'g')) ?? []).map((line) => ` ${line}`)
}

/** Puts a comment before the key at a path. */
function comment(top: YAMLMap, path: readonly string[], texts: readonly string[]): void {
  const parent = path.length === 1 ? top : top.getIn(path.slice(0, -1))
  if (!isMap(parent)) return
  const pair = parent.items.find(({ key }) => isScalar(key) && key.value === path.at(-1))
  if (!isScalar(pair?.key)) return
  pair.key.commentBefore = texts.flatMap(folded).join('\n')
  if (path.length === 1 || (path[0] === 'operations' && pair !== parent.items[0])) pair.key.spaceBefore = true
}

/** Maps and lists of scalars on one line, where they are inside others; expressions as they are. */
function inline(collection: YAMLMap, depth = 0): void {
  for (const { value } of collection.items) {
    if (isScalar(value) && String(value.value).includes('\n')) value.type = Scalar.BLOCK_LITERAL
    if (!isCollection(value)) continue
    const leaves = value.items.map((item) => (isPair(item) ? item.value : item))
    const commented = value.items.some((item) => isPair(item) && isScalar(item.key) && item.key.commentBefore)
    if (
      depth > 0 &&
      !commented &&
      leaves.every((leaf) => isScalar(leaf) && !String(leaf.value).includes('\n'))
    )
      value.flow = true
    else if (isMap(value)) inline(value, depth + 1)
  }
}
