import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { sentence } from '../../reports/visible.ts'
import { isReserved, isUnreachable } from '../api/mail-domains.ts'
import { type OpenApi, serverPath, serverUrl } from '../api/openapi.ts'
import { isObject } from '../json.ts'
import { UsageError } from '../obstacles.ts'
import { hostAndPort, isLoopback, isUrl } from '../profile/authorization.ts'
import { readProfile } from '../profile/profile.ts'
import { variables } from '../profile/secrets.ts'
import { signInOf } from './arazzo.ts'
import { arazzoAt } from './arazzo-document.ts'
import { variable } from './callers.ts'
import { mayBeSends } from './candidates.ts'
import { type FoundDocument, openApiAt, readAuthority } from './document.ts'
import { type FirstProfile, type Guess, guessProfile } from './first-profile.ts'
import { type Circumstances, profileText } from './profile-text.ts'
import { nobody, type Questions, questionsAt } from './questions.ts'
import { relayPortOf } from './relay-port.ts'
import { withKeys } from './with-keys.ts'

export interface InitOptions {
  /** File or URL. */
  readonly openapi: string
  /** File or URL of an Arazzo document, where it is not in the folder of the other. */
  readonly arazzo?: string
  /** Of the target, where the document does not say it or says another. */
  readonly url?: string
  /** The sender address that the target may use. */
  readonly from?: string
  /** Names of variables with a key, and with one of another tenant, where nothing else is had. */
  readonly key?: string
  readonly neighbourKey?: string
  /** To which the target is to relay its mail. */
  readonly port?: string
  /** PEM file of a private authority. */
  readonly ca?: string
  /** The profile to write. */
  readonly out: string
  readonly force?: true
}

/** Writes a first profile for the API that an OpenAPI document describes. Throws UsageError. */
export async function init(options: InitOptions): Promise<void> {
  const ca = options.ca === undefined ? null : await readAuthority(options.ca)
  const document = await openApiAt(options.openapi, ca)
  const arazzo = await arazzoAt(options, ca)
  const signIn = arazzo === null ? null : signInOf(arazzo, document)
  const unsaid = typeof signIn === 'string' ? signIn : null
  const guess = guessProfile(document, typeof signIn === 'string' ? null : signIn)
  const guessed = withKeys(guess, document, options)
  if (!('message.send' in guessed.operations) && Object.keys(guessed.operations).length < 2)
    throw new UsageError(
      `--openapi: expected the document of an email API; seen ${document.operations.length} calls, none of which sends or manages mail; name another document, or start from fixtures/targets/example.yaml`,
    )
  const questions =
    process.stdin.isTTY && process.stdout.isTTY ? questionsAt(process.stdin, process.stdout) : nobody
  try {
    const circumstances = await circumstancesOf(options, document, questions)
    await write(profileText(guessed, circumstances), options)
    const left = unsaid === null ? document.left : [...document.left, `${unsaid} (Arazzo)`]
    console.log(summary(options, guessed, circumstances, { ...document, left }))
  } finally {
    questions.close()
  }
}

/** What the calls do not say: asked for only where the document and the command line leave it open. */
export async function circumstancesOf(
  options: InitOptions,
  { document }: OpenApi,
  questions: Questions,
): Promise<Circumstances> {
  const folder = path.dirname(path.resolve(options.out))
  const relative = (file: string) => `./${path.relative(folder, path.resolve(file))}`.replace('./../', '../')
  // The questions come in this order.
  const url = await urlOf(options, document, questions)
  const from = await fromOf(options, questions)
  const { title } = isObject(document['info']) ? document['info'] : {}
  return {
    name: typeof title === 'string' ? sentence(title, 80).replaceAll('$', '') : 'email API',
    url,
    openapi: isUrl(options.openapi) ? options.openapi : relative(options.openapi),
    ca: options.ca === undefined ? null : relative(options.ca),
    authorization: await authorizationOf(url.value, questions),
    from,
    domains: domainsOf(from),
    relayPort: await relayPortOf(options.port),
    schema: path.relative(folder, fileURLToPath(new URL('../profile/profile.schema.json', import.meta.url))),
  }
}

async function urlOf(
  { url, openapi }: InitOptions,
  document: OpenApi['document'],
  questions: Questions,
): Promise<Guess<string>> {
  if (url !== undefined) return { value: originOf(url, document), reason: 'as --url says', unsure: false }
  const servers = Array.isArray(document['servers']) ? document['servers'].filter(isObject) : []
  const absolute = servers
    .map((server) => ({ url: serverUrl(server) ?? '', said: JSON.stringify(server) }))
    .filter((server) => isUrl(server.url) && URL.canParse(server.url))
    .sort((a, b) => Number(b.url.startsWith('https:')) - Number(a.url.startsWith('https:')))
  const staging = absolute.find(({ said }) => /stag|sandbox|test|dev/i.test(said))
  const server = staging ?? absolute[0]
  if (server !== undefined)
    return {
      value: originOf(server.url, document),
      reason: `${staging === undefined ? 'a server' : 'the server for tests'} of the document`,
      unsure: absolute.length > 1,
    }
  if (isUrl(openapi))
    return { value: new URL(openapi).origin, reason: 'where the document is', unsure: false }
  const answer = await questions.ask('Under which URL does the API to test run?')
  if (answer !== null) return { value: originOf(answer, document), reason: 'as you said', unsure: false }
  return { value: variable('TARGET_URL'), reason: 'the document names no server', unsure: true }
}

/** Paths of the document's calls begin with that of its server already. */
function originOf(url: string, document: OpenApi['document']): string {
  if (!isUrl(url) || !URL.canParse(url))
    throw new UsageError(`--url: expected an http or https URL; seen ${url}; write scheme, host and port`)
  const { origin, pathname } = new URL(url)
  const prefix = pathname.replace(/\/+$/, '')
  return prefix === serverPath(document['servers']) ? origin : `${origin}${prefix}`
}

async function fromOf({ from }: InitOptions, questions: Questions): Promise<Guess<string>> {
  const address = from ?? (await questions.ask('From which address may it send?'))
  if (address === null || address === undefined)
    return { value: variable('MAIL_FROM'), reason: 'an address from which the target may send', unsure: true }
  if (!/^[^\s@]+@[^\s@]+$/.test(address))
    throw new UsageError(`--from: expected an address such as shop@test.example; seen ${address}; correct it`)
  return { value: address, reason: 'must be allowed to send', unsure: false }
}

/** The sending domain of whoever may send from there. Of names for documentation the DNS says nothing that is the target's. */
function domainsOf({ value, unsure }: Guess<string>): readonly string[] {
  const domain = value.slice(value.lastIndexOf('@') + 1)
  return unsure || (isReserved(domain) && !isUnreachable(domain)) ? [] : [domain]
}

async function authorizationOf(url: string, questions: Questions): Promise<Circumstances['authorization']> {
  if (!isUrl(url) || isLoopback(hostAndPort(url).host)) return null
  const { host } = hostAndPort(url)
  const owner = await questions.ask(`Who owns ${host} and allows this test (a name and a way to reach them)?`)
  const until = await questions.ask('Until which day (as 2030-12-31)?')
  if (until !== null && !/^\d{4}-\d{2}-\d{2}$/.test(until))
    throw new UsageError(`expected a day such as 2030-12-31; seen ${until}; run again`)
  // Without an answer it stays closed: the day is past.
  return { owner: owner ?? 'NOBODY YET', until: until ?? '2000-01-01', scope: [host] }
}

async function write(text: string, { out, force }: InitOptions): Promise<void> {
  const file = path.resolve(out)
  await writeFile(file, text, { flag: force === true ? 'w' : 'wx' }).catch(
    ({ code }: NodeJS.ErrnoException) => {
      const remedy =
        code === 'EEXIST' ? 'name another with --out, or replace it with --force' : 'name another'
      throw new UsageError(`--out: expected a file that can be written; seen ${code} for ${file}; ${remedy}`)
    },
  )
  // What it says of itself must hold: a profile that nobody can read helps nobody.
  await readProfile(file)
}

function summary(
  { out, openapi }: InitOptions,
  guessed: FirstProfile,
  { name, authorization, from, url, relayPort }: Circumstances,
  document: FoundDocument,
): string {
  const sends = mayBeSends(document)
  const rows = Object.entries(guessed.operations).map(
    ([operation, { value, unsure }]) =>
      `  ${unsure ? 'UNSURE' : '      '}  ${operation.padEnd(20)} ${value.method} ${sentence(value.path, 80)}`,
  )
  const needed = variables(JSON.stringify([url, from, guessed.principals]))
  const steps = [
    ...(authorization === null
      ? []
      : [`authorization: who allows the test of ${authorization.scope.join()}, and until when`]),
    `have the API relay its mail to 127.0.0.1:${relayPort} while a run is on (mail and sandbox in the profile)`,
    `set ${[...new Set(needed)].join(', ')}`,
    `postern doctor --target ${out}`,
    `postern run --target ${out}`,
  ]
  const unsent = `message.send was not found, without which most is not applicable; ${sends.length === 0 ? 'no call is named like one' : `is it ${sends.map((call) => sentence(call, 80)).join(' or ')}?`}`
  return [
    ...('message.send' in guessed.operations ? [] : [unsent]),
    `${out}: a first profile of ${sentence(name)}, guessed from ${sentence(openapi)}`,
    ...rows,
    ...document.left.map((text) => `left out of the document: ${sentence(text, 300)}`),
    ...(guessed.absent.length === 0 ? [] : [`not found: ${guessed.absent.join(', ')}`]),
    '',
    'Next:',
    ...steps.map((step, i) => `  ${i + 1}. ${step}`),
  ].join('\n')
}
