import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type DefaultTreeAdapterMap, parse } from 'parse5'
import { afterAll, beforeEach, expect, test, vi } from 'vitest'
import { exitCode } from '../../reports/exit.ts'
import { toJson } from '../../reports/json.ts'
import { sample } from '../../reports/sample.testing.ts'
import type { Outcome, Report } from '../model.ts'
import { fleet } from './fleet.ts'

const root = await mkdtemp(path.join(tmpdir(), 'postern-fleet-'))
afterAll(() => rm(root, { recursive: true }))
let folder = ''
let said = ''
beforeEach(async () => {
  folder = await mkdtemp(path.join(root, 'f-'))
  said = ''
  const log = vi.spyOn(console, 'log').mockImplementation((line: string) => {
    said += `${line}\n`
  })
  return () => log.mockRestore()
})

const [pass] = (sample.outcomes as readonly Outcome[]).filter(({ verdict }) => verdict === 'pass')
const [fail] = (sample.outcomes as readonly Outcome[]).filter(({ findings }) => findings.length > 0)
if (pass === undefined || fail === undefined) throw new Error('expected a pass and a fail')

function report(name: string, outcomes: readonly Outcome[], change: Partial<Report> = {}): Report {
  const run: Omit<Report, 'exitCode'> = {
    ...sample,
    ...{ complete: true, incompleteBecause: null, failOn: 'medium', notSelected: [] },
    target: { ...sample.target, name },
    finishedAt: new Date().toISOString(),
    leftovers: { objects: 0, lines: [], lost: false, mails: 0 },
    outcomes,
    ...change,
  }
  return { ...run, exitCode: exitCode(run) }
}

const sound = { ...pass, reason: null, variants: [] }
const weak: Outcome = {
  ...fail,
  reason: null,
  variants: [],
  findings: fail.findings.map((finding) => ({ ...finding, severity: 'high' })),
}

async function place(name: string, text: string): Promise<void> {
  await mkdir(path.dirname(path.join(folder, name)), { recursive: true })
  await writeFile(path.join(folder, name), text)
}
const put = (name: string, of: Report) => place(`${name}/report.json`, toJson(of))

async function run(yaml: string) {
  await place('fleet.yaml', yaml)
  const out = path.join(folder, 'out')
  const code = await fleet(path.join(folder, 'fleet.yaml'), { out })
  const [page, json] = await Promise.all(
    ['fleet.html', 'fleet.json'].map((name) => readFile(path.join(out, name), 'utf8')),
  )
  return { code, page: page ?? '', json: JSON.parse(json ?? '') }
}

const refusal = (yaml: string) =>
  run(yaml).then(
    () => 'nothing was refused',
    (error: Error) => `${error.name}: ${error.message}`.replaceAll(folder, ''),
  )

test('services by practices, the worst first, each with a link to its report', async () => {
  await put('good', report('good', [sound]))
  await put('a b', report('bad', [sound, weak]))
  await place('a b/report.html', '')
  const { code, page, json } = await run(
    'services:\n  - { name: Good, report: good/report.json, owner: team-a }\n  - { name: Bad, report: a b/report.json }\n',
  )
  expect([code, json.exitCode]).toEqual([1, 1])
  expect(json.services.map(({ name }: { name: string }) => name)).toEqual(['Bad', 'Good'])
  expect(page.indexOf('>Bad<')).toBeLessThan(page.indexOf('>Good<'))
  expect(page).toContain('<a href="./../a%20b/report.html">Bad</a>')
  expect(page).toContain('<a href="./../good/report.json">Good</a>')
  expect(page).toMatch(/owner team-a; good, run of /)
  const practice = fail.practices[0]
  expect(json.services[0].run.practices[practice ?? '']).toBe('violated')
  expect(said).toMatch(/^violated {2}Bad: .*\nholds {5}Good: /)
})

test('what is missing, cut short, stale, a part, or of another target is told and never fine', async () => {
  const old = new Date(Date.now() - 8 * 24 * 60 * 60 * 1000).toISOString()
  const later = new Date(Date.now() + 2 * 24 * 60 * 60 * 1000).toISOString()
  const shard = { index: 1, of: 2, digest: 'a'.repeat(64), shared: false, last: false }
  await put('old', report('old', [sound], { finishedAt: old }))
  await put('later', report('later', [sound], { finishedAt: later }))
  await put('part', report('part', [sound], { shard }))
  await put('other', report('other', [sound]))
  await put('fine', report('fine', [sound], { finishedAt: old }))
  await place('cut/report.json', toJson(report('cut', [sound])).slice(0, 400))
  await place('profile.yaml', 'name: mine\n')
  const { code, page, json } = await run(`maximumAge: 7
services:
  - { name: missing, report: missing/report.json }
  - { name: cut, report: cut/report.json }
  - { name: old, report: old/report.json }
  - { name: later, report: later/report.json }
  - { name: part, report: part/report.json }
  - { name: other, report: other/report.json, profile: profile.yaml }
  - { name: fine, report: fine/report.json, maximumAge: 30 }
`)
  expect(code).toBe(2)
  const problems = Object.fromEntries(
    json.services.map((service: { name: string; problems: string[] }) => [
      service.name,
      service.problems.join(),
    ]),
  )
  expect(problems).toEqual({
    missing: expect.stringMatching(/ENOENT/),
    cut: expect.stringMatching(/no whole JSON; it may have been cut short/),
    old: expect.stringMatching(/is older than 7 days: nobody knows what is so now; run again$/),
    later: expect.stringMatching(/is of a time to come/),
    part: 'its report is part 1 of 2: join them by postern merge, and name the report of the whole',
    other: expect.stringMatching(/^its profile cannot be read: /),
    fine: '',
  })
  expect(json.services.at(-1).name).toBe('fine')
  expect(page).toMatch(/<h1>7 services: 0 violated, 6 not known, 1 without a finding that counts<\/h1>/)
})

test('a run that cannot be relied on is not fine, whatever it says of itself', async () => {
  await put('cut', { ...report('cut', [sound]), complete: false, incompleteBecause: 'lost', exitCode: 2 })
  const unproven: Outcome = { ...sound, severity: 'high', verdict: 'unproven', reason: 'no answer' }
  await put('lie', { ...report('lie', [unproven]), exitCode: 0 })
  const { code, json } = await run(
    'services:\n  - { name: cut, report: cut/report.json }\n  - { name: lie, report: lie/report.json }\n',
  )
  expect([code, json.services.map(({ run }: { run: { exitCode: number } }) => run.exitCode)]).toEqual([
    2,
    [2, 2],
  ])
})

type Node = DefaultTreeAdapterMap['node']
const elements = (node: Node): DefaultTreeAdapterMap['element'][] => {
  const inside = 'childNodes' in node ? node.childNodes.flatMap(elements) : []
  return 'tagName' in node ? [node, ...inside] : inside
}

test('whatever stands in the file and the reports stays text, and the page loads and runs nothing', async () => {
  const evil = '"><script>alert(1)</script><img src=x onerror=alert(2)>\u202e'
  await put('evil', report(evil, [{ ...weak, problem: evil, check: 'a/b' }]))
  const { page } = await run(
    JSON.stringify({ services: [{ name: evil, owner: evil, report: 'evil/report.json' }] }),
  )
  const all = elements(parse(page))
  expect(all.filter(({ tagName }) => /^(script|img|link|iframe|form|object)$/.test(tagName))).toEqual([])
  expect(
    all.flatMap(({ attrs }) => attrs.map(({ name }) => name)).filter((name) => /^(on|src|style$)/.test(name)),
  ).toEqual([])
  expect(page).not.toContain('\u202e')
  expect(page).toContain('[U+202E]')
  const policy = all.flatMap(({ attrs }) => attrs).find(({ value }) => value.startsWith('default-src'))
  expect(policy?.value).toMatch(
    /^default-src 'none'; style-src 'sha256-[^']+'; base-uri 'none'; form-action 'none'$/,
  )
})

test.each([
  ['no file of that kind', 'services: [', /fleet\.yaml:\d+ expected YAML; seen/],
  ['no services', 'service: []', /expected a list services, each with a name and a report; seen none/],
  ['an empty list', 'services: []', /expected a list services/],
  [
    'a slip, and a report that is missing',
    'services:\n  - { name: a, reprot: x }\n',
    /fleet\.yaml:2 services\.0\.reprot: .*did you mean report\?\n.*services\.0\.report: expected a text; seen nothing/,
  ],
  [
    'an age that is none',
    'services: [{ name: a, report: x, maximumAge: soon }]',
    /expected days, a number above 0; seen "soon"/,
  ],
  [
    'a name twice',
    'services: [{ name: a, report: x }, { name: a, report: y }]',
    /expected each name once; seen "a" again/,
  ],
  ['a word', 'services: [x]', /services\.0: expected a name and a report; seen "x"/],
])('refused with its line: %s', async (_, yaml, says) => {
  expect(await refusal(yaml)).toMatch(says)
})

test('a file that is not there', async () => {
  await expect(fleet(path.join(folder, 'none.yaml'), { out: folder })).rejects.toThrow(
    /^fleet: expected a YAML file with a list services; seen .*none\.yaml \(ENOENT\); name another$/,
  )
})
