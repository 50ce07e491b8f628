import { createHash } from 'node:crypto'
import { parse } from 'parse5'
import { expect, test } from 'vitest'
import type { Outcome, Report, VariantOutcome } from '../harness/model.ts'
import { toHtml } from './html.ts'
import { attribute, type Element, elements, textOf } from './parsed.testing.ts'
import { sample, sampleWithBaseline } from './sample.testing.ts'

function page(report: Report) {
  const all = elements(parse(toHtml(report)))
  return {
    all,
    named: (name: string) => all.filter((element) => element.tagName === name),
    text: all
      .filter(({ tagName }) => tagName === 'body')
      .map(textOf)
      .join(''),
  }
}

test('the page loads nothing, and its policy allows its one style sheet and its one script alone', () => {
  const { all, named } = page(sample)
  const only = (tag: string) => {
    const [element, ...others] = named(tag)
    expect(others).toEqual([])
    return element === undefined ? '' : textOf(element)
  }
  const [sheet, script] = [only('style'), only('script')]
  const hash = (text: string) => createHash('sha256').update(text).digest('base64')
  const policies = named('meta').filter((meta) => attribute(meta, 'http-equiv') === 'Content-Security-Policy')
  expect(policies.map((meta) => attribute(meta, 'content'))).toEqual([
    `default-src 'none'; style-src 'sha256-${hash(sheet)}'; script-src 'sha256-${hash(script)}'; base-uri 'none'; form-action 'none'`,
  ])
  expect(sheet).not.toMatch(/url\(|@import/)
  expect(script).not.toMatch(/innerHTML|outerHTML|insertAdjacent|eval|Function|fetch|XMLHttp|import\b/)
  expect(
    all.filter(({ tagName }) => /^(link|img|iframe|object|embed|base|form|video|audio)$/.test(tagName)),
  ).toEqual([])
  expect(
    all.flatMap(({ attrs }) => attrs.map(({ name }) => name)).filter((name) => /^(on|src|style$)/.test(name)),
  ).toEqual([])
})

test('every name is given once and every link inside leads somewhere', () => {
  const { all, named } = page(sample)
  const names = all.flatMap((element) => attribute(element, 'id') ?? [])
  const targets = named('a').flatMap((link) => attribute(link, 'href') ?? [])
  expect(new Set(names).size).toBe(names.length)
  const inside = targets.filter((target) => target.startsWith('#')).map((target) => target.slice(1))
  expect(inside.filter((target) => !names.includes(target))).toEqual([])
  expect(targets.filter((target) => !target.startsWith('#')).toSorted()).toEqual([
    'https://cwe.mitre.org/data/definitions/208.html',
    'https://cwe.mitre.org/data/definitions/319.html',
    'https://cwe.mitre.org/data/definitions/327.html',
    'https://cwe.mitre.org/data/definitions/93.html',
    'https://github.com/OWASP/ASVS/blob/v5.0.0/5.0/en/0x10-V1-Encoding-and-Sanitization.md',
    'https://github.com/OWASP/ASVS/blob/v5.0.0/5.0/en/0x21-V12-Secure-Communication.md',
    'https://owasp.org/API-Security/editions/2023/en/0xa2-broken-authentication/',
    'https://www.rfc-editor.org/rfc/rfc3207#section-6',
    'https://www.rfc-editor.org/rfc/rfc5322#section-2.2',
    'https://www.rfc-editor.org/rfc/rfc8461#section-5',
    'https://www.rfc-editor.org/rfc/rfc8996',
  ])
})

test('a heading never skips a level, and every column has a header', () => {
  const { all, named } = page(sample)
  const levels = all.flatMap(({ tagName }) => /^h([1-6])$/.exec(tagName)?.[1] ?? []).map(Number)
  expect(levels[0]).toBe(1)
  expect(levels.every((level, at) => at === 0 || level <= (levels[at - 1] ?? 0) + 1)).toBe(true)
  const headers = named('th')
  expect(headers.length).toBeGreaterThan(40)
  expect(headers.every((header) => attribute(header, 'scope') !== undefined)).toBe(true)
})

test('all that a report holds can be read in the page', () => {
  const { text } = page(sample)
  for (const outcome of sample.outcomes as readonly Outcome[]) {
    expect(text).toContain(outcome.check)
    expect(text).toContain(outcome.title)
    if (outcome.reason !== null) expect(text).toContain(outcome.reason)
    for (const variant of outcome.variants) {
      expect(text).toContain(variant.name)
      if (variant.reason !== null) expect(text).toContain(variant.reason)
    }
    if (outcome.findings.length > 0) {
      const { how, before = '', after = '' } = outcome.remediation
      for (const part of [how, before, after]) expect(text).toContain(part)
    }
    for (const finding of outcome.findings) {
      expect(text).toContain(finding.expected)
      expect(text).toContain(finding.actual)
      expect(text).toContain(finding.reproduce)
      for (const evidence of finding.evidence) {
        const shown = Object.entries(evidence).flatMap(([key, value]) =>
          typeof value === 'string' && key !== 'kind' ? [value] : [],
        )
        for (const value of shown) expect(text).toContain(value)
      }
    }
  }
})

test('the first page names each problem and its remedy, the worst first, before anything else is counted', () => {
  const { all, text } = page(sample)
  const [index] = all.filter((element) => attribute(element, 'class') === 'problems')
  const entries = index === undefined ? [] : elements(index).filter(({ tagName }) => tagName === 'li')
  expect(entries.map(textOf)).toEqual([
    'critical A line break in the subject becomes a header, a recipient or a body injection/crlf-subject, 2 ways; to mend: low, some hours Refuse CR, LF and NUL in every header value with a 4xx, or encode the value (RFC 2047). Build messages with a library that does.',
    'high Mail that must travel encrypted is sent in clear text smtp/out-no-fallback; to mend: medium, some days Defer and finally bounce where STARTTLS is missing or fails (RFC 8461, RFC 7672).',
    'medium A port speaks TLS older than 1.2, or suites that do not keep their promise tls/versions; to mend: low, some hours Set the least version to TLS 1.2 on the API and on submission.',
    'low Signing in tells which addresses have an account auth/user-enum; to mend: low, some hours Hash a password also where the user is unknown, and answer alike.',
  ])
  expect(text.indexOf('What is wrong')).toBeLessThan(text.indexOf('not applicable'))
  expect(page({ ...sample, outcomes: sample.outcomes.slice(4) }).text).not.toContain('What is wrong')
})

test('a finding is one block: its remedy and its worst case are open, the other ways are a row each', () => {
  const [first] = sample.outcomes as readonly Outcome[]
  if (first === undefined) throw new Error('expected an outcome')
  const [worst] = first.findings
  if (worst === undefined) throw new Error('expected a finding')
  const low = (at: number) => ({
    ...worst,
    severity: 'low' as const,
    variant: `way ${at}`,
    actual: `seen ${at}`,
  })
  const findings = [...Array.from({ length: 27 }, (_, at) => low(at)), worst] as Outcome['findings']
  const { all } = page({ ...sample, outcomes: [{ ...first, findings }] })
  const blocks = all.filter(({ tagName }) => tagName === 'article')
  expect(blocks).toHaveLength(1)
  const inside = blocks.flatMap(elements)
  const folded = inside.filter((each) => attribute(each, 'class') === 'others')
  expect(folded.map((each) => attribute(each, 'open'))).toEqual([undefined])
  const inTheOpen = blocks.map(textOf).join().replace(folded.map(textOf).join(), '')
  expect(inTheOpen.indexOf('How to put it right')).toBeLessThan(inTheOpen.indexOf('The worst of it'))
  expect(inTheOpen).toContain('Seen in 28 ways: 1 critical, 27 low')
  expect(inTheOpen).toContain(worst.actual)
  expect(inTheOpen).not.toContain('seen 3')
  const rows = folded.flatMap((each) => elements(each)).filter((each) => attribute(each, 'id') !== undefined)
  expect(rows).toHaveLength(27)
  // What was asked, and the mail that came of it, beside each other and open.
  const [pair] = inside.filter((each) => attribute(each, 'class') === 'pair')
  const open = (pair === undefined ? [] : elements(pair)).filter(
    (each) => attribute(each, 'open') !== undefined,
  )
  expect(open.map((each) => textOf(each).trim().split('\n')[0])).toEqual([
    expect.stringMatching(/^HTTP exchange POST /),
    expect.stringMatching(/^Mail that arrived at exchanger sound/),
  ])
})

test('what is accepted stands apart, says who answers for it and until when, and does not hide what is not', () => {
  const { all, text, named } = page({ ...sampleWithBaseline, exitCode: 1 })
  const [index] = all.filter((element) => attribute(element, 'class') === 'problems')
  if (index === undefined) throw new Error('expected an index')
  const [apart] = elements(index).filter(({ tagName }) => tagName === 'details')
  expect(apart === undefined ? '' : textOf(apart)).toMatch(
    /^1 problem accepted for now\s*low Signing in tells/,
  )
  expect(text).toContain('This is accepted until 2026-12-31 by mail-team: behind a VPN until the move')
  expect(text).toContain('The target violates 3 properties that it must hold; 1 finding accepted.')
  expect(named('li').map(textOf)).toContain(
    'postern-baseline.yaml: what mail-team accepted is no more (tls/cert, tls, port 443): take the entry out.',
  )
})

test('a link to a finding leads there in the next report as well', () => {
  const namesIn = (outcomes: readonly Outcome[]) =>
    page({ ...sample, outcomes }).all.flatMap((element) => attribute(element, 'id') ?? [])
  const own = (names: string[]) => names.filter((name) => /^(?:finding|check)-/.test(name)).toSorted()
  const outcomes = sample.outcomes as readonly Outcome[]
  expect(own(namesIn(outcomes.toReversed()))).toEqual(own(namesIn(outcomes)))
  expect(namesIn(outcomes)).toContain('finding-injection-crlf-subject')
  // The worst stands in the open; each other way has a name of its own.
  expect(own(namesIn(outcomes)).filter((name) => /^finding-injection-crlf-subject-/.test(name))).toEqual([
    expect.stringMatching(/^finding-injection-crlf-subject-[0-9a-f]{8}$/),
  ])
})

test('addresses that a check made up are named by their part in sentences, and stand whole in the evidence', () => {
  const [first] = sample.outcomes as readonly Outcome[]
  if (first === undefined) throw new Error('expected an outcome')
  const address = `hidden-${'0123456789abcdef'.repeat(2)}@inbox.sound.3f9c21ab.postern.test`
  const findings = first.findings.map((finding) => ({
    ...finding,
    actual: `RCPT TO:<${address}> reached the wire`,
    evidence: [{ kind: 'callback', request: address, at: 0 }],
  })) as unknown as Outcome['findings']
  const { text } = page({ ...sample, outcomes: [{ ...first, findings }] })
  expect(text).toContain('RCPT TO:<hidden@…> reached the wire')
  expect(text).toContain(address)
})

test('what came to no verdict is told on the first page with what would change that, the most frequent reason first', () => {
  const { text } = page(sample)
  const at = text.indexOf('4 checks came to no verdict')
  expect(at).toBeGreaterThan(0)
  expect(text.slice(at, text.indexOf('Started'))).toMatch(
    /1 held back \(rate-limit\/send-burst\): the check is disruptive and .* --reach disruptive/,
  )
})

test('what could not be proven goes before what does not apply, however many these are', () => {
  const first = sample.outcomes.find(({ verdict }) => verdict === 'not-applicable')
  if (first === undefined) throw new Error('expected a check that does not apply')
  const many = Array.from({ length: 13 }, (_, n) => ({
    ...first,
    check: `suite/check-${n}`,
    reason: `the profile declares no ${n}`,
  }))
  const unproven = { ...first, verdict: 'unproven' as const, check: 'suite/late', reason: 'nothing arrived' }
  const { text } = page({ ...sample, outcomes: [...many, unproven] })
  const at = text.indexOf('14 checks came to no verdict')
  expect(text.slice(at, at + 200)).toContain('1 unproven (suite/late): nothing arrived')
})

test('a remedy says at once how much work it is', () => {
  const { text } = page(sample)
  expect(text).toContain('Effort: low, some hours')
  expect(text).toContain('Effort: medium, some days')
  const unsaid = sample.outcomes.map((outcome) => ({
    ...outcome,
    remediation: { effort: null, how: 'Ask its maker.' },
  }))
  const silent = page({ ...sample, outcomes: unsaid })
  expect(silent.text).not.toContain('Effort:')
  expect(silent.named('dt').map(textOf)).not.toContain('Before')
  expect(silent.named('dt').map(textOf)).not.toContain('After')
})

test('a check says by its digest what was proved, or that it was not proved as it stands', () => {
  const { text } = page(sample)
  expect(text).toContain('7c1e0f6ad28b')
  expect(text).not.toContain('7c1e0f6ad28b4')
  expect(text).toContain('not as it stands')
})

/** The row below that of a check. */
function variantsOf(report: Report, check: string): { readonly inTheOpen: string; readonly folded: Element } {
  const rows = page(report).named('tr')
  const row = rows[rows.findIndex((row) => textOf(row).startsWith(`\n${check} `)) + 1]
  const all = row === undefined ? [] : elements(row).filter(({ tagName }) => tagName === 'details')
  const [folded] = all
  if (row === undefined || folded === undefined) throw new Error(`no variants of ${check}`)
  return { inTheOpen: all.reduce((text, each) => text.replace(textOf(each), ''), textOf(row)), folded }
}

test('every variant stands folded under its check, and what was left open stands above the fold', () => {
  const { folded, inTheOpen } = variantsOf(sample, 'injection/crlf-subject')
  expect(attribute(folded, 'open')).toBeUndefined()
  const [summary] = elements(folded).filter(({ tagName }) => tagName === 'summary')
  expect(summary === undefined ? '' : textOf(summary)).toBe(
    '9 variants: 2 violated, 3 not judged, 1 not applicable, 3 held. Rests on 3 guards that held, of which 2 legitimate calls and 1 fence; 9 verdicts in 5 variants; as sender; messages by HTTP, template; 5 delivered messages, 5 SMTP sessions',
  )
  const names = elements(folded).filter(({ tagName }) => tagName === 'li')
  const [first] = sample.outcomes as readonly Outcome[]
  expect(names.map(textOf).toSorted()).toEqual(first?.variants.map(({ name }) => name).toSorted())
  expect(inTheOpen).toContain('bare LF before Bcc')
  expect(inTheOpen).toContain('The target did not answer within 10 s.')
  expect(inTheOpen).toContain('NUL before Bcc')
  expect(inTheOpen).not.toMatch(/not applicable|held/)
  expect(variantsOf(sample, 'auth/jwt-alg-none').inTheOpen.trim()).toBe('')
})

test('what has no finding says below its row how it is looked at, and what has one says it there', () => {
  const { named } = page(sample)
  const textsOf = (tag: string, within: string) =>
    named(tag)
      .filter((element) => textOf(element).includes(within))
      .map(textOf)
  const method = 'How this is looked at'
  expect(variantsOf(sample, 'access/bola-read').folded).toBeDefined()
  expect(textsOf('tr', 'The neighbour, a caller of another tenant, makes each read')[0]).toContain(method)
  expect(textsOf('article', 'A benign subject must arrive by the same channel')[0]).toContain(method)
  expect(textsOf('tr', 'A benign subject must arrive by the same channel')).toEqual([])
  const other = sample.outcomes.map((outcome) => ({ ...outcome, check: `${outcome.check}-of-another` }))
  expect(page({ ...sample, outcomes: other }).text).not.toContain(method)
})

const many = (name: (at: number) => string, state: VariantOutcome['state'], reason: string | null) => ({
  ...sample,
  outcomes: sample.outcomes.slice(0, 1).map((outcome) => ({
    ...outcome,
    variants: Array.from({ length: 1_700 }, (_, at): VariantOutcome => ({ name: name(at), state, reason })),
  })),
})

test('what a run tries, some 1,700 variants, adds 100 kB to the page', () => {
  const path = (at: number) => `neighbour, PATCH /v1/contacts/${at}, upper case`
  const without = { ...sample, outcomes: sample.outcomes.slice(0, 1) }
  const added = toHtml(many(path, 'held', null)).length - toHtml(without).length
  expect(added).toBeLessThan(100_000)
})

test('a reason that many share is said twice, and eight of their names in the open', () => {
  const report = many((at) => `address ${at}`, 'unjudged', 'The target vanished.')
  expect(page(report).text.match(/The target vanished\./g)).toHaveLength(2)
  const { inTheOpen } = variantsOf(report, 'injection/crlf-subject')
  expect(inTheOpen).toContain('address 7and 1692 more')
})

test('a target that makes the names of variants long makes no long page', () => {
  const length = toHtml(many((at) => `${at}${'<'.repeat(100_000)}`, 'violated', null)).length
  expect(length).toBeLessThan(2_500_000)
})

test('a partial report says so before anything else', () => {
  const partial = page({ ...sample, complete: false, incompleteBecause: 'The target vanished.', exitCode: 2 })
  const [title] = partial.named('title')
  expect(title === undefined ? '' : textOf(title)).toMatch(/^Partial: /)
  expect(partial.text.indexOf('This report is partial')).toBeLessThan(partial.text.indexOf('Findings'))
  expect(partial.text).toContain('The target vanished.')
  expect(page(sample).text).not.toContain('partial')
})

test('a run that held most back does not look as if the target held', () => {
  const passed = (sample.outcomes as readonly Outcome[]).filter(({ verdict }) => verdict === 'pass')
  const tone = (notSelected: string[]) => {
    const { named } = page({ ...sample, exitCode: 0, outcomes: passed, notSelected })
    return named('div')
      .map((element) => attribute(element, 'class'))
      .find((name) => name?.startsWith('conclusion'))
  }
  expect(tone([])).toBe('conclusion holds')
  expect(tone(['a/a', 'a/b', 'a/c', 'a/d'])).toBe('conclusion held-back')
})

test('each practice says how much of it was looked at, what no check asks yet, and what is only related', () => {
  const rows = page({ ...sample, notSelected: [] })
    .named('tr')
    .map((row) => textOf(row).replaceAll(/\s+/g, ' ').trim())
  const of = (practice: string) => rows.find((row) => row.startsWith(practice) && row.includes('looked at'))
  expect(of('P20')).toBe('P20 Parameterised queries verified 1 of 1 looked at injection/sqli passed')
  expect(of('P24')).toBe(
    'P24 Audit log kept as long as the law asks not tested 0 of 1 looked at 1 question that no check asks yet audit/retention',
  )
  expect(of('P11')).toMatch(/not tested 0 of \d looked at The profile declares no key\.revoke/)
  expect(of('P17')).toMatch(
    /violated 1 of 1[0-9] looked at auth\/user-enum failed ?rate-limit\/send-burst held back ?10 questions that no check asks yet/,
  )
  expect(rows.find((row) => row.startsWith('P14 '))).toMatch(
    /not tested No check is of it\..*1 related check ?access\/bola-read passed$/,
  )
})

test('each standard says in how many of its controls there are findings, and by which checks', () => {
  const { all, named } = page({ ...sample, notSelected: [] })
  const texts = (elements: readonly Element[]) =>
    elements.map((element) => textOf(element).replaceAll(/\s+/g, ' ').trim())
  expect(texts(all.filter((element) => attribute(element, 'class') === 'standard'))).toContainEqual(
    expect.stringMatching(/^PCI DSS 4\.0\.1 \d+ controls, findings in [1-9]/),
  )
  const rows = texts(named('tr'))
  expect(rows).toContainEqual(
    expect.stringMatching(
      /^4\.2\.1 Strong cryptography .* findings \d of \d checks? passed, \d failed .*smtp\/out-no-fallback failed/,
    ),
  )
  expect(texts(named('body')).join()).not.toMatch(/\bcomplian[ct]/i)
})

test('what became of the findings since an earlier run stands on the first page, with links to those that are there', () => {
  const { all, named } = page(sampleWithBaseline)
  const since = all.filter((element) => attribute(element, 'class')?.includes('since'))
  const text = since.map(textOf).join().replaceAll(/\s+/g, ' ')
  expect(text).toContain(
    'Against the run of 2026-11-22 22:50:28 UTC: 1 new, 1 heavier, 1 mended, 3 unchanged.',
  )
  expect(text).toContain('new critical injection/crlf-subject message.send, CR LF before Bcc')
  expect(text).toContain('mended high tls/cert tls, port 443')
  expect(text).toContain('heavier low → medium tls/versions api.tls')
  const links = since.flatMap(elements).filter(({ tagName }) => tagName === 'a')
  expect(links.map((link) => attribute(link, 'href'))).toEqual([
    '#finding-injection-crlf-subject',
    '#finding-tls-versions',
  ])
  expect(named('p').filter((element) => attribute(element, 'class') === 'since')).toEqual([])
  expect(page(sample).all.some((element) => attribute(element, 'class')?.includes('since'))).toBe(false)
})

test('thousands of checks make a long page, and no long list beside what each of them came to', () => {
  const many = Array.from({ length: 2_000 }, (_, at) => {
    const outcome = sample.outcomes[at % sample.outcomes.length] as Outcome
    return { ...outcome, check: `${outcome.check}-${at}` }
  })
  const { all, text, named } = page({ ...sample, outcomes: many })
  const chips = all.filter((element) => attribute(element, 'class') === 'chips')
  expect(
    Math.max(...chips.map((list) => elements(list).filter(({ tagName }) => tagName === 'li').length)),
  ).toBe(201)
  expect(text).toMatch(/and \d+ other checks/)
  expect(text).toMatch(/and \d+ other problems, each with its block below/)
  const violated = many.filter(({ findings }) => findings.length > 0)
  expect(named('article')).toHaveLength(violated.length)
})
