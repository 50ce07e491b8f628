import { execFile } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, expect, vi } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { evaluateArc } from '../probes/arc.ts'
import { evaluate } from '../probes/mail-authentication.ts'
import { recording } from '../probes/resolver.ts'
import { testWith } from '../runner/parts.testing.ts'

// What is compared with comes from a registry, and runs in a process of its own.
vi.setConfig({ testTimeout: 120_000 })

const exec = promisify(execFile)
const folder = await mkdtemp(path.join(tmpdir(), 'postern-vectors-'))
afterAll(() => rm(folder, { recursive: true }))

/** The source packages of both, which hold the vectors, unpacked; why not, where they cannot be had. */
async function fetched(): Promise<string | null> {
  const pip = ['-m', 'pip', '-q', '--disable-pip-version-check']
  const sources = ['download', '--no-deps', '--no-binary', ':all:', '-d', folder]
  try {
    await exec('python3', [...pip, ...sources, 'dkimpy==1.1.8', 'pyspf==2.0.14'])
    const beside = ['install', '--target', path.join(folder, 'lib')]
    await exec('python3', [...pip, ...beside, 'pynacl==1.6.2', 'authres==1.2.0'])
    for (const file of (await readdir(folder)).filter((name) => name.endsWith('.tar.gz')))
      await exec('tar', ['-xzf', path.join(folder, file), '-C', folder])
    return null
  } catch (error) {
    return `dkimpy and pyspf were not to be had with pip: ${String(error).split('\n')[0]}`
  }
}

const missing = await fetched()
const test = (title: string, body: () => Promise<void>) => testWith('vectors', missing)(title, body)

/** A record of the suite: `{TXT: …}`, `{MX: [10, name]}`, or that the server does not answer. */
type Written = 'TIMEOUT' | Readonly<Record<string, unknown>>

/** DNS as a section of the suite describes it, in the shapes of node:dns. */
function zoneOf(zonedata: Readonly<Record<string, readonly Written[]>>) {
  const zone = new Map(Object.entries(zonedata).map(([name, records]) => [name.toLowerCase(), records]))
  const failed = (code: string) => Object.assign(new Error(code), { code })
  const all = (records: readonly Written[], type: string) =>
    records.flatMap((record) => (record === 'TIMEOUT' || !(type in record) ? [] : [record[type]]))
  return async function ask(name: string, type: string): Promise<unknown[]> {
    const records = zone.get(name.toLowerCase().replace(/\.$/, ''))
    if (records === undefined) throw failed('ENOTFOUND')
    const [alias] = all(records, 'CNAME')
    if (alias !== undefined && type !== 'CNAME') return ask(String(alias), type)
    // The suite was written for records of type SPF too: without a TXT record they stand for one.
    const written = all(records, type === 'TXT' && all(records, 'TXT').length === 0 ? 'SPF' : type)
    const found = written.filter((value) => value !== 'NONE')
    if (found.length === 0) throw failed(records.includes('TIMEOUT') ? 'ETIMEOUT' : 'ENODATA')
    return found.map((value) => {
      if (type === 'TXT') return [value].flat().map(String)
      const [priority, exchange] = [value].flat()
      return type === 'MX' ? { priority, exchange: String(exchange) } : String(value)
    })
  }
}

test('SPF is evaluated as the suite of openspf.org for RFC 7208 wants it, each of its 203 cases', async () => {
  interface Section {
    readonly description: string
    readonly tests: Readonly<
      Record<string, { host: string; helo: string; mailfrom?: string; result: string | string[] }>
    >
    readonly zonedata: Readonly<Record<string, readonly Written[]>>
  }
  const suite = await readFile(path.join(folder, 'pyspf-2.0.14/test/rfc7208-tests.yml'), 'utf8')
  const sections = parseAllDocuments(suite).map((document) => document.toJS() as Section)
  const other: string[] = []
  let cases = 0
  for (const { description, tests, zonedata } of sections)
    for (const [name, { host, helo, mailfrom = '', result }] of Object.entries(tests)) {
      cases++
      const resolver = recording(zoneOf(zonedata))
      const message = Buffer.from('From: a@shop.test\r\n\r\n')
      const { spf } = await evaluate(message, { ip: host, helo, mailFrom: mailfrom, resolver })
      if (![result].flat().includes(spf.result))
        other.push(
          `${description}, ${name}: ${[result].flat().join(' or ')} is wanted, and it is ${spf.result}`,
        )
    }
  expect({ cases, other }).toEqual({ cases: 203, other: [] })
})

/** Where we say otherwise than dkimpy, and why we do. */
const differences: Readonly<Record<string, string>> = {
  'a key for SHA-1 alone':
    'h= of a key names the hashes that may be used (RFC 6376 §3.6.1); dkimpy does not read it',
  'signed with SHA-1': 'SHA-1 must not be taken any more (RFC 8301 §3.1); dkimpy takes it',
}

/** What dkimpy signs with, and the records of it. */
async function keysOfDkimpy(): Promise<string> {
  const keys = path.join(folder, 'keys')
  await mkdir(keys, { recursive: true })
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const other = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const ed25519 = generateKeyPairSync('ed25519')
  const last32 = (der: Buffer) => der.subarray(-32).toString('base64')
  const spki = { type: 'spki', format: 'der' } as const
  await Promise.all(
    Object.entries({
      'rsa.private': rsa.privateKey.export({ type: 'pkcs1', format: 'pem' }),
      'rsa.public': rsa.publicKey.export(spki).toString('base64'),
      'other.public': other.publicKey.export(spki).toString('base64'),
      'ed25519.private': last32(ed25519.privateKey.export({ type: 'pkcs8', format: 'der' })),
      'ed25519.public': last32(ed25519.publicKey.export(spki)),
    }).map(([name, text]) => writeFile(path.join(keys, name), text)),
  )
  return keys
}

/** What a script that has dkimpy prints. */
async function byDkimpy<Vector>(script: string): Promise<readonly (Vector & Changed)[]> {
  const keys = await keysOfDkimpy()
  const source = path.join(folder, 'dkimpy-1.1.8')
  const message = path.join(source, 'dkim/tests/data/rfc6376.msg')
  const { stdout } = await exec('python3', [path.join(import.meta.dirname, script), keys, message], {
    env: { ...process.env, PYTHONPATH: `${source}:${path.join(folder, 'lib')}` },
    maxBuffer: 64 * 1024 * 1024,
  })
  return JSON.parse(stdout) as readonly (Vector & Changed)[]
}

interface Changed {
  readonly name: string
  readonly raw: string
  readonly dns: Readonly<Record<string, string>>
}

const dnsOf = ({ dns }: Changed) =>
  recording(zoneOf(Object.fromEntries(Object.entries(dns).map(([at, TXT]) => [at, [{ TXT }]]))))

test('DKIM is judged as dkimpy judges what it signs, whatever becomes of it on its way', async () => {
  const vectors = await byDkimpy<{ readonly verdicts: readonly boolean[] }>('dkimpy.testing.py')
  const seen: Record<string, string> = {}
  for (const vector of vectors) {
    const { name, raw, verdicts } = vector
    const came = { ip: '192.0.2.1', helo: 'shop.test', mailFrom: 'a@shop.test', resolver: dnsOf(vector) }
    const { dkim } = await evaluate(Buffer.from(raw, 'base64'), came)
    const ours = dkim.map(({ result }) => result === 'pass')
    if (JSON.stringify(ours) !== JSON.stringify(verdicts))
      seen[name] = `dkimpy ${verdicts}, and we ${dkim.map(({ result, comment }) => `${result} (${comment})`)}`
  }
  expect(vectors.length).toBeGreaterThan(60)
  expect(Object.keys(seen).sort(), JSON.stringify(seen, null, 1)).toEqual(Object.keys(differences).sort())
})

const orderOfSets =
  'sets are sealed in the order of their numbers (RFC 8617 §5.1.1); dkimpy takes that of the message'

/** Where we say otherwise of a chain than dkimpy, and why we do. */
const differencesOfChains: Readonly<Record<string, string>> = {
  '2 sets, the fields in another order': orderOfSets,
  '3 sets, the fields in another order': orderOfSets,
  '5 sets, the fields in another order': orderOfSets,
}

test('ARC is judged as dkimpy judges the chains that it seals, whatever becomes of them on their way', async () => {
  const vectors = await byDkimpy<{ readonly verdict: string }>('dkimpy-arc.testing.py')
  const seen: Record<string, string> = {}
  for (const vector of vectors) {
    const { name, raw, verdict } = vector
    const { result, comment, faults } = await evaluateArc(Buffer.from(raw, 'base64'), dnsOf(vector))
    if (result !== verdict) seen[name] = `dkimpy ${verdict}, and we ${result} (${comment})`
    expect(faults.length === 0 || result === 'fail', name).toBe(true)
  }
  expect(vectors.length).toBeGreaterThan(150)
  expect(Object.keys(seen).sort(), JSON.stringify(seen, null, 1)).toEqual(
    Object.keys(differencesOfChains).sort(),
  )
})
