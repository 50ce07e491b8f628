import { createHash } from 'node:crypto'
import { type DefaultTreeAdapterMap, parse } from 'parse5'
import { expect, test } from 'vitest'
import type { Report } from '../harness/model.ts'
import { toHtml } from './html.ts'
import { sample } from './sample.testing.ts'

type Element = DefaultTreeAdapterMap['element']
type Node = DefaultTreeAdapterMap['node']

function elements(node: Node): Element[] {
  const inside = 'childNodes' in node ? node.childNodes.flatMap(elements) : []
  return 'tagName' in node ? [node, ...inside] : inside
}

function textOf(node: Node): string {
  return 'value' in node ? node.value : 'childNodes' in node ? node.childNodes.map(textOf).join('') : ''
}

function attribute(element: Element, name: string): string | undefined {
  return element.attrs.find((attr) => attr.name === name)?.value
}

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

test('the page loads nothing, runs nothing, and its policy allows its one style sheet alone', () => {
  const { all, named } = page(sample)
  const [style] = named('style')
  const sheet = style === undefined ? '' : textOf(style)
  const hash = createHash('sha256').update(sheet).digest('base64')
  const policies = named('meta').filter((meta) => attribute(meta, 'http-equiv') === 'Content-Security-Policy')
  expect(policies.map((meta) => attribute(meta, 'content'))).toEqual([
    `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`,
  ])
  expect(named('style')).toHaveLength(1)
  expect(sheet).not.toMatch(/url\(|@import/)
  expect(
    all.filter(({ tagName }) =>
      /^(script|link|img|iframe|object|embed|base|form|video|audio)$/.test(tagName),
    ),
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
  for (const outcome of sample.outcomes) {
    expect(text).toContain(outcome.check)
    expect(text).toContain(outcome.title)
    if (outcome.reason !== null) expect(text).toContain(outcome.reason)
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

test('a partial report says so before anything else', () => {
  const partial = page({ ...sample, complete: false, incompleteBecause: 'The target vanished.', exitCode: 2 })
  const [title] = partial.named('title')
  expect(title === undefined ? '' : textOf(title)).toMatch(/^Partial: /)
  expect(partial.text.indexOf('This report is partial')).toBeLessThan(partial.text.indexOf('Findings'))
  expect(partial.text).toContain('The target vanished.')
  expect(page(sample).text).not.toContain('partial')
})
