import { parseFragment, serialize } from 'parse5'
import { expect, test } from 'vitest'
import type { Access, Basis, MailPath, Outcome, Report } from '../../harness/model.ts'
import { attribute, type Element, elements, type Node, textOf } from '../parsed.testing.ts'
import { sample } from '../sample.testing.ts'
import { anchorsOf } from './anchors.ts'
import { picturesSection } from './pictures.ts'

const classes = (element: Element) => (attribute(element, 'class') ?? '').split(/\s+/).filter(Boolean)
const plain = (node: Node) => textOf(node).replaceAll(/\s+/g, ' ').trim()

/** What stands in each cell of its table, row by row. */
function cellsOf(figure: Element): string[][] {
  const rows = elements(figure).filter(({ tagName }) => tagName === 'tr')
  return rows.map((row) =>
    elements(row)
      .filter(({ tagName }) => /^t[hd]$/.test(tagName))
      .map(plain),
  )
}

function pictures(report: Report) {
  const section = picturesSection(report, anchorsOf(report))
  const all = section === null ? [] : elements(parseFragment(section.markup))
  const figures = all.filter(({ tagName }) => tagName === 'figure')
  return { section, all, of: (name: string) => figures.find((figure) => plain(figure).startsWith(name)) }
}

/** The report with this in place of what the checks rest on, one check each. */
function withBases(...bases: readonly Partial<Basis>[]): Report {
  const outcome = sample.outcomes.find(({ check }) => check === 'access/bola-read') as Outcome
  const outcomes = bases.map((basis, at) => ({
    ...outcome,
    check: `access/check-${at}`,
    basis: { ...(outcome.basis as Basis), access: [], untried: [], mail: [], ...basis },
  }))
  return { ...sample, outcomes }
}

const cell = (principal: string, operation: string, more: Partial<Access> = {}): Access => ({
  ...{ principal, operation, permission: 'refused', state: 'held', ...more },
})

test('a report that says nothing of it has no pictures, and none of a kind that it has no data for', () => {
  const bare = sample.outcomes.map(({ basis: _, ...outcome }: Outcome) => outcome)
  const passed = bare.filter(({ findings }) => findings.length === 0)
  expect(picturesSection({ ...sample, outcomes: passed }, anchorsOf(sample))).toBeNull()
  const { of } = pictures({ ...sample, outcomes: bare })
  expect(['Severity', 'Who may', 'The mail', 'The run'].map((name) => of(name) !== undefined)).toEqual([
    ...[true, false, false, false],
  ])
})

test('problems are counted by practice and by their worst severity', () => {
  const { of } = pictures(sample)
  const figure = of('Severity by practice')
  expect(figure === undefined ? [] : cellsOf(figure)).toEqual([
    ['Practice', 'critical', 'high', 'medium', 'low', 'ways'],
    ['P06 HTTPS with TLS 1.2 or later', '0', '0', '1', '0', '1'],
    ['P08 Mail leaves over enforced TLS, never in clear text', '0', '1', '0', '0', '1'],
    [expect.stringMatching(/^P17 /), '0', '0', '0', '1', '1'],
    ['P18 Input validation', '1', '0', '0', '0', '2'],
  ])
})

test('the grid says of each caller and operation what was promised and seen, in words too, and leads to what is wrong', () => {
  const report = withBases({
    access: [
      cell('sender', 'message.send', { permission: 'allowed' }),
      cell('sender', 'message.send', { permission: 'allowed', state: 'violated', channel: 'SMTP' }),
      cell('sender', 'message.send', { domain: 'other.test' }),
      cell('sender', 'key.create'),
      cell('neighbour', 'message.send', { permission: 'own', seen: 'accepted' }),
      cell('neighbour', 'message.send', { permission: 'own', seen: 'refused' }),
      cell('neighbour', 'key.create', { state: 'unjudged', seen: 'unproven' }),
    ],
    untried: [
      { principal: 'sender', operation: 'key.create', permission: 'unsaid' },
      { principal: 'neighbour', operation: 'audit.list', permission: 'refused' },
      { principal: 'sender', operation: 'audit.list', permission: 'unsaid' },
    ],
  })
  const [violated] = sample.outcomes as readonly Outcome[]
  const [first] = report.outcomes
  if (first === undefined || violated === undefined) throw new Error('expected outcomes')
  // What one check holds for kept another one has seen broken.
  const wrong = {
    ...violated,
    basis: { ...(first.basis as Basis), access: [cell('sender', 'key.create', { state: 'violated' })] },
  }
  const figure = pictures({ ...report, outcomes: [first, wrong] }).of('Who may do what')
  if (figure === undefined) throw new Error('expected a grid')
  expect(plain(figure)).toContain('5 operations and 2 callers')
  expect(plain(figure)).toContain('✗ 2 otherwise than the profile says')
  expect(cellsOf(figure)).toEqual([
    ['Operation', 'neighbour', 'sender'],
    ['audit.list', '· deny: not tried', 'not said'],
    ['key.create', '? deny: unproven', '✗ deny, but accepted'],
    ['message.send', '✓ own only: accepted on its own, refused on that of others', '✓ allow: accepted'],
    ['message.send from other.test', '', '✓ deny: refused'],
    ['message.send by SMTP', '', '✗ allow, but refused'],
  ])
  const scopes = elements(figure).flatMap((element) => attribute(element, 'scope') ?? [])
  expect(scopes).toEqual(['col', 'col', 'col', 'row', 'row', 'row', 'row', 'row'])
  const links = elements(figure).filter(({ tagName }) => tagName === 'a')
  expect(links.map((link) => attribute(link, 'href'))).toEqual(['#finding-injection-crlf-subject'])
})

test('callers that checks have made stand last, and say so; names break after their points alone', () => {
  const access = [
    cell('a token of the check', 'subaccount.create'),
    cell('admin', 'subaccount.create'),
    cell('expendable-sender', 'subaccount.create'),
  ]
  const figure = pictures(withBases({ access })).of('Who may do what')
  if (figure === undefined) throw new Error('expected a grid')
  expect(cellsOf(figure)[0]).toEqual(['Operation', 'admin', 'expendable-sender', 'made by a check: a token'])
  expect(serialize(figure)).toContain('<th scope="row">subaccount.<wbr>create</th>')
})

test('a wrong cell leads to the finding of its own caller and operation', () => {
  const [violated] = sample.outcomes as readonly Outcome[]
  const [worst] = violated?.findings ?? []
  if (violated === undefined || worst === undefined) throw new Error('expected a finding')
  const findings = [
    worst,
    { ...worst, operation: 'key.create', variant: 'reader, (a b) tries key.create' },
    { ...worst, operation: 'key.create', variant: 'sender, (c) tries key.create' },
  ]
  const report = withBases({ access: [cell('sender', 'key.create', { state: 'violated' })] })
  const outcomes = report.outcomes.map((outcome) => ({ ...outcome, findings }))
  const of = { ...report, outcomes }
  const [outcome] = outcomes
  const anchors = anchorsOf(of)
  const all = elements(parseFragment(picturesSection(of, anchors)?.markup ?? ''))
  const links = all.flatMap((element) => (element.tagName === 'a' ? [attribute(element, 'href')] : []))
  const [, , third] = outcome?.findings ?? []
  if (outcome === undefined || third === undefined) throw new Error('expected three findings')
  expect(links).toEqual([`#${anchors.finding(outcome, third)}`])
})

test('a part of the grid has the operations of its own callers alone', () => {
  const names = Array.from({ length: 9 }, (_, at) => `caller${at}`)
  const access = [
    ...names.map((name) => cell(name, 'key.list')),
    ...names.slice(0, 8).map((name) => cell(name, 'audit.list')),
  ]
  const { all } = pictures(withBases({ access }))
  const grids = all.filter((element) => classes(element).includes('grid'))
  expect(grids.map((grid) => cellsOf(grid).map(([operation]) => operation))).toEqual([
    ['Operation', 'audit.list', 'key.list'],
    ['Operation', 'key.list'],
  ])
})

test('a grid of many is bounded, and says what is left out', () => {
  const access = Array.from({ length: 300 }, (_, at) =>
    Array.from({ length: 20 }, (_, who) => cell(`caller ${who}`, `kind${at % 7}.verb${at}`)),
  ).flat()
  const { all, of } = pictures(withBases({ access }))
  const figure = of('Who may do what')
  expect(figure === undefined ? '' : plain(figure)).toContain(
    'Not shown, and to be read in report.json: 4 callers and 50 operations.',
  )
  const grids = all.filter((element) => classes(element).includes('grid'))
  expect(grids).toHaveLength(2)
  expect(all.length).toBeLessThan(16 * 250 * 4)
})

const path: MailPath = {
  ...{ variant: 'HTTP', peer: '192.0.2.25:40596', helo: 'out.acme.test', host: 'mx.test', received: 2 },
  tls: { version: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384', serverName: null, begun: 'starttls' },
  spf: { result: 'pass', domain: 'bounce.acme.test', aligned: true, from: '192.0.2.25' },
  dkim: [{ result: 'pass', domain: 'provider.test', aligned: false }],
  dmarc: { result: 'pass', domain: 'acme.test', policy: 'reject' },
}

test('mail that came alike has one path, whatever way it was given to the target', () => {
  const mail = [path, { ...path, peer: '192.0.2.25:1', variant: 'SMTP' }, { ...path, variant: 'batch' }]
  const figure = pictures(withBases({ mail })).of('The mail’s path')
  const steps = (figure === undefined ? [] : elements(figure))
    .filter(({ tagName }) => tagName === 'li')
    .map(plain)
  expect(steps).toEqual([
    'Postern',
    'then by HTTPS: send, batchSMTP submission',
    'Acme Mail, stagingout.acme.test, 192.0.2.252 Received fields of hops before, by their own word',
    'then by SMTP, TLSv1.3 after STARTTLS TLS_AES_256_GCM_SHA384',
    'Exchangermx.test',
    'SPFpass bounce.acme.test, aligned with From, asked about 192.0.2.25 DKIMpass provider.test, not aligned with From DMARCpass for acme.test, whose policy is reject',
  ])
})

test('a path says no more than is known: clear text, no signature, no name, no way in', () => {
  const bare: MailPath = {
    ...{ ...path, variant: 'long lines', tls: null, dkim: [], host: null, received: 0 },
    dmarc: { result: 'fail', domain: null, policy: null },
  }
  const figure = pictures(withBases({ mail: [bare] })).of('The mail’s path')
  const text = figure === undefined ? '' : plain(figure)
  expect(text).toContain('1 delivered message, all of them the same way')
  expect(text).toContain('then by a call or submission')
  expect(text).toContain('SMTP, in clear text')
  expect(text).toContain('DKIMnone no signature')
  expect(text).toContain('DMARCfail no single From domain')
  expect(text).not.toMatch(/HTTPS|Received|policy/)
  const { target } = sample
  const alone = { ...withBases({ mail: [path] }), target: { ...target, url: 'smtp://127.0.0.1:587' } }
  expect(plain(pictures(alone).of('The mail’s path') as Element)).toContain('then by a call or submission')
})

test('ways that differ are bounded', () => {
  const mail = Array.from({ length: 12 }, (_, at) => ({ ...path, helo: `out${at}.test` }))
  const figure = pictures(withBases({ mail })).of('The mail’s path')
  expect(figure === undefined ? '' : plain(figure)).toMatch(
    /12 ways.*and 8 other ways: report\.json has them$/,
  )
})

test('the timeline draws what ran at once in lines, names the longest, and says all in a table', () => {
  const report = withBases({ startedAt: 1000 }, { startedAt: 1100 }, { startedAt: 1500 })
  const milliseconds = [400, 900, 100]
  const outcomes = report.outcomes.map((outcome, at) => ({ ...outcome, milliseconds: milliseconds[at] ?? 0 }))
  const figure = pictures({ ...report, outcomes }).of('The run over time')
  if (figure === undefined) throw new Error('expected a timeline')
  expect(plain(figure)).toContain(
    '3 checks in 1.0 s, at most 2 at once; longest: access/check-1 900 ms, access/check-0 400 ms, access/check-2 100 ms.',
  )
  const bars = elements(figure).filter(({ tagName }) => tagName === 'rect')
  expect(bars.map((bar) => ['x', 'y', 'width'].map((name) => attribute(bar, name)))).toEqual([
    ['0.000%', '0', '40.000%'],
    ['50.000%', '0', '10.000%'],
    ['10.000%', '7', '90.000%'],
  ])
  const rows = elements(figure)
    .filter(({ tagName }) => tagName === 'tr')
    .slice(1)
  expect(rows.map(plain)).toEqual([
    ...[
      'access/check-00 ms400 mspassed',
      'access/check-1100 ms900 mspassed',
      'access/check-2500 ms100 mspassed',
    ],
  ])
})

test('the timeline of many draws the longest, and says how many it leaves out', () => {
  const many = Array.from({ length: 5000 }, (_, at) => ({ startedAt: 1000 + at }))
  const report = withBases(...many)
  const outcomes = report.outcomes.map((outcome, at) => ({ ...outcome, milliseconds: at }))
  const { all, of } = pictures({ ...report, outcomes })
  expect(all.filter(({ tagName }) => tagName === 'rect').length).toBeLessThanOrEqual(400)
  const text = plain(of('The run over time') as Element)
  expect(text).toContain('5000 checks in')
  expect(text).toContain('In the picture the 4600 shortest are left out, and 40 of 400 lines are drawn.')
})
