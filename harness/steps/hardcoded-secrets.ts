import type { Kit } from '../check/kit.ts'
import type { Variant } from '../check/verify.ts'
import type { Exchange, HttpResponse } from '../model.ts'
import { placeIn } from '../probes/held-secrets.ts'
import { scriptsOf, sourceMapsOf } from '../probes/linked-files.ts'
import { type FoundSecret, fingerprint, likeKeys, secretsIn } from '../probes/secret-patterns.ts'
import { textFilesIn } from '../probes/text-files.ts'
import { isUrl } from '../profile/authorization.ts'
import type { Secret } from '../profile/shape.ts'
import { unlessUnproven } from '../verdicts.ts'
import { type Door, doorOf, keyBearers, madeUpLike } from './doors.ts'
import { placesOfPanels } from './exposed-panels.ts'
import { owner } from './sample-input.ts'

type ArtefactKit = Pick<Kit, 'api' | 'mailbox' | 'post' | 'profile' | 'submission' | 'verify'>

/** What the target serves to whoever asks, of one sort. */
export interface Served extends Variant {
  readonly files: readonly Exchange[]
  /** Whether anything was asked for, and answered. */
  readonly isAsked: boolean
  /** Calls that a limit refused. */
  readonly limited: readonly Exchange[]
}

const pages = [
  '/',
  '/index.html',
  '/config.js',
  '/config.json',
  '/env.js',
  '/env-config.js',
  '/assets/config.json',
]
const documents = [
  '/openapi.json',
  '/openapi.yaml',
  '/swagger.json',
  '/postman_collection.json',
  '/README.md',
]
const left = [
  ...[
    '/.env',
    '/.env.local',
    '/.env.production',
    '/docker-compose.yml',
    '/.npmrc',
    '/application.properties',
  ],
  ...['/appsettings.json', '/.git/config', '/package.json', '/Dockerfile'],
]

/** A guard: the target answers. Asks for what there mostly is, and for what that names. */
export async function servedFiles(kit: ArtefactKit): Promise<Served[]> {
  const { profile, verify } = kit
  const origins = [...new Set(placesOfPanels({ profile }).map(({ origin }) => origin))]
  const ask = (origin: string, path: string) => fileAt(kit, origin, path)
  const all = (paths: readonly string[], more: readonly URL[] = []) => {
    const asked = [...more, ...origins.flatMap((origin) => paths.map((path) => new URL(path, origin)))]
    const each = new Map(asked.map((url) => [url.href, url])).values()
    return Promise.all([...each].map((url) => ask(url.origin, `${url.pathname}${url.search}`)))
  }
  const own = profile.openapi !== undefined && isUrl(profile.openapi) ? [new URL(profile.openapi)] : []
  const [shown, described, forgotten] = [await all(pages), await all(documents, own), await all(left)]
  verify.held(
    [...shown, ...described, ...forgotten].some(isAnswered),
    'no path of the target is answered, not even by a refusal',
  )
  const linked = await Promise.all(
    distinct(shown.filter(isThere)).flatMap((page) =>
      scriptsOf(page.response?.body ?? '', urlOf(page)).map((path) => ask(page.request.origin, path)),
    ),
  )
  const scripts = distinct([...shown, ...linked].filter(isThere))
  const maps = await Promise.all(
    scripts
      .filter(({ request }) => /\.m?js(?:\?|$)/.test(request.path))
      .flatMap((script) =>
        sourceMapsOf(script.response?.body ?? '', urlOf(script)).map((path) =>
          ask(script.request.origin, path),
        ),
      ),
  )
  const sort = (name: string, files: readonly Exchange[]) => ({
    ...{ name, files: distinct(files.filter(isThere)), isAsked: files.some(isAnswered) },
    limited: files.filter(({ answer }) => answer === 'limited'),
  })
  return [
    sort('pages and scripts', [...shown, ...linked]),
    sort('source maps', maps),
    sort('documents', described),
    sort('files that were left there', forgotten),
  ]
}

function fileAt({ api }: ArtefactKit, origin: string, path: string): Promise<Exchange> {
  const request = { method: 'GET', origin, path, headers: [['accept', '*/*']] as const, body: null }
  return api.send(request, { operation: null, principal: 'anonymous' })
}

function urlOf({ request }: Exchange): URL {
  return new URL(request.path, request.origin)
}

function isAnswered({ response, answer }: Exchange): boolean {
  return response !== null && answer !== 'limited' && answer !== 'broken'
}

function isThere({ response }: Exchange): boolean {
  return response?.status === 200 && response.body !== ''
}

/** Sites of one page answer every path with it. */
function distinct(files: readonly Exchange[]): Exchange[] {
  return [...new Map(files.map((file) => [file.response?.body ?? '', file])).values()]
}

/** Callers whose secrets open nothing. */
const dead = ['revoked', 'expired']

/** Those by which callers of the profile prove themselves, and which chance does not bring about. */
export function givenSecrets({ profile }: Pick<Kit, 'profile'>): Secret[] {
  const { principals, mail, jwt = null } = profile
  const alive = Object.entries(principals).filter(([name]) => !dead.includes(name))
  const used = JSON.stringify([alive, mail.submission ?? null, jwt])
  return profile.secrets.flatMap(({ name, value }) => {
    const line = value.split(/\r?\n/).toSorted((a, b) => b.length - a.length)[0] ?? ''
    const isSecret = line.length >= 12 && /\d/.test(line) && /\p{L}/u.test(line) && !/[@\s]/.test(line)
    return isSecret && used.includes(JSON.stringify(value).slice(1, -1)) ? [{ name, value: line }] : []
  })
}

/** A verdict: no secret stands there. One that lets in at the target itself weighs most; it is tried nowhere else. */
export async function holdsNoSecret(
  kit: ArtefactKit,
  { name, files, isAsked, limited }: Served,
): Promise<void> {
  const { verify } = kit
  verify.applies(isAsked, `no ${name} are known of, or none of them was answered`)
  verify.that(true, { expected, actual: '' })
  for (const of of files) {
    const { response, request } = of
    if (response === null) continue
    await judge(kit, response.body, { at: request.path, of, headers: response.headers })
    if (response.truncated) verify.remark(`only the beginning of ${request.path} was searched`)
  }
  for (const exchange of limited) verify.answered(exchange)
}

/** The same of the files that the profile names. */
export async function artifactsHoldNoSecret(kit: ArtefactKit & Pick<Kit, 'saw'>): Promise<void> {
  const { profile, saw, verify } = kit
  const { artifacts = [] } = profile
  verify.applies(artifacts.length > 0, 'the profile names no artifacts')
  let [read, left] = [0, 0]
  for (const root of artifacts)
    for await (const { file, text } of textFilesIn(root)) {
      if (text === null) left++
      else {
        read++
        await judge(kit, text, { at: file, seen: () => saw.measured(`${file} was read`) })
      }
    }
  verify.held(read > 0, `no text can be read at ${artifacts.join(', ')}`, 'correct artifacts in the profile')
  verify.that(true, { expected, actual: '' })
  if (left > 0) verify.remark(`${left} files are no text, too large or too many: they were not searched`)
}

const expected = 'it holds no secret'
/** Of one file: more of the same tell nothing more. */
const most = 5

interface Read {
  /** Where it stands. */
  readonly at: string
  readonly of?: Exchange
  readonly headers?: HttpResponse['headers']
  /** What is evidence of it, where no exchange is. */
  readonly seen?: () => void
}

async function judge(kit: ArtefactKit, body: string, { at, of, headers = [], seen }: Read): Promise<void> {
  const { api, profile, verify } = kit
  const given = givenSecrets(kit)
  for (const { name } of given.filter(({ value }) => placeIn({ headers, body }, value) !== null)) {
    seen?.()
    verify.that(false, { of, expected, actual: `${at} holds ${name}, which the run was given` })
  }
  const isGiven = ({ value }: FoundSecret) => given.some((each) => value.includes(each.value))
  const bearers = await Promise.all(keyBearers(profile).map((each) => api.credential(each)))
  const keys = bearers.filter(({ sign }) => sign === undefined).map(({ token }) => token)
  const own = likeOwnKeys(keys, body)
  const others = await secretsIn(body, at)
  for (const found of [...own, ...others].filter((each) => !isGiven(each)).slice(0, most)) {
    api.conceal('a secret that was found', found.value)
    const opens = await letsIn(kit, found)
    // What only looks like a key of the target, and is none, may be an example.
    if (!opens && own.includes(found)) continue
    seen?.()
    verify.that(false, {
      ...{ of, expected, severity: opens ? undefined : 'medium' },
      actual: `${at} holds ${found.kind}, ${fingerprint(found.value)}${opens ? ', which lets in here' : ''}`,
    })
  }
}

function likeOwnKeys(keys: readonly string[], text: string): FoundSecret[] {
  const found = new Set(keys.flatMap((key) => likeKeys(text, key)))
  return [...found].map((value) => ({ kind: 'what looks like a key of the target', value }))
}

/** Whether a secret lets in at the target, in the place of the owner's or as the secret of submission. */
async function letsIn(kit: ArtefactKit, { value: secret, user }: FoundSecret): Promise<boolean> {
  const { post, submission } = kit
  if (/\s/.test(secret) || secret.length > 200) return false
  const door = await ownersDoor(kit).catch(unlessUnproven)
  if (door !== null && (await door.show(secret)).caller !== null) return true
  return submission.ports.length > 0 && (await post.authenticate(secret, { user })).answer === 'accepted'
}

async function ownersDoor(kit: ArtefactKit): Promise<Door> {
  const { api, mailbox } = kit
  const credential = await api.credential(owner)
  return doorOf(kit, owner, credential, madeUpLike(credential.token, mailbox.canary()))
}
