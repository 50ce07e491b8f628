import { micromark } from 'micromark'
import { gfm, gfmHtml } from 'micromark-extension-gfm'
import { type DefaultTreeAdapterMap, parse } from 'parse5'
import pc from 'picocolors'
import { SaxesParser } from 'saxes'
import { describe, expect, test } from 'vitest'
import type { Outcome, Report } from '../harness/model.ts'
import { countsLine, findingsText, progressLine } from './console.ts'
import { toDefectDojo } from './defectdojo.ts'
import { toHtml } from './html.ts'
import { toInToto } from './in-toto.ts'
import { toJson } from './json.ts'
import { toJunit } from './junit.ts'
import { toMarkdown } from './markdown.ts'
import { toOcsf } from './ocsf.ts'
import { sampleWithBaseline } from './sample.testing.ts'
import { toSarif } from './sarif.ts'

const hostile: readonly (readonly [name: string, text: string])[] = [
  ['a script end and an image', '</script></style></pre></title><img src=x onerror=alert(1)>'],
  ['an attribute that closes', `" autofocus onfocus=alert(1) x='`],
  ['entities and a CDATA end', ']]> &amp; &#60;script&#62; <!-- --> <![CDATA['],
  ['NUL and controls', 'a\u0000b\u0008c\u007fd\u0085e\rf'],
  ['terminal escapes', '\u001b[2J\u001b]8;;https://example.test\u0007click\u001b]8;;\u0007\u009b31m'],
  ['bidirectional overrides', 'user\u202egpj.exe\u2066\u2069\u200f'],
  ['what nobody sees', 'a\u200bb\u00adc\ufeffd\u2060e\u3164f\u{e0041}\ufff9\u0600g\u2028h\u2029i'],
  ['lone surrogates and noncharacters', '\ud800a\udc00\ud83d \ufffe\uffff'],
  [
    'Markdown',
    '**x** [a](https://example.test) ![b](//example.test/c.png) `d` | e\n\n# f\n<b>g</b> @someone www.example.test',
  ],
  ['a list', '- a'],
  ['a numbered list', '1. a'],
  ['code by indentation', '     a'],
  ['a link of JavaScript', '[x](javascript:alert(1)) javascript:alert(1)'],
  ['a megabyte', '<é😀'.repeat(250_000)],
]

/** None of these may stand raw in any document. */
const dangerous = [
  ...'\u0000\u0007\u0008\r\u001b\u007f\u0085\u009b\u00ad\u0600\u200b\u200f\u2028\u2029\u202e\u2060\u2066\u2069',
  ...'\u3164\ufeff\ufff9\ufffe\uffff\u{e0041}',
]

const fixed = new Set([
  'schemaVersion',
  'kind',
  'verdict',
  'severity',
  'reach',
  'failOn',
  'personality',
  'begun',
  'state',
  'effort',
  'change',
  'channel',
  'permission',
])

/** The report with one text in the place of every text that is not one of a fixed set of words. */
function filled<T>(value: T, text: string): T {
  return JSON.parse(
    JSON.stringify(value, (key, part: unknown) =>
      typeof part === 'string' && !fixed.has(key) && !/^P\d\d$/.test(part) ? '\u0001' : part,
    ),
    (_key, part: unknown) => (part === '\u0001' ? text : part),
  )
}

function reportOf(text: string): Report {
  const complete: Report = { ...sampleWithBaseline, complete: false, incompleteBecause: 'x', exitCode: 2 }
  return filled(complete, text)
}

type Node = DefaultTreeAdapterMap['node']

/** Element and attribute names in order: what a text must never change, but for what is marked in it, and where it may break. */
function htmlShape(markup: string): string[] {
  const walk = (node: Node): string[] => {
    const inside = 'childNodes' in node ? node.childNodes.flatMap(walk) : []
    return 'tagName' in node && !['mark', 'wbr'].includes(node.tagName)
      ? [`${node.tagName} ${node.attrs.map(({ name }) => name).join(' ')}`, ...inside]
      : inside
  }
  return walk(parse(markup))
}

function xmlShape(xml: string): string[] {
  const names: string[] = []
  const parser = new SaxesParser()
  parser.on('error', (error) => {
    throw error
  })
  parser.on('opentag', ({ name, attributes }) => names.push(`${name} ${Object.keys(attributes).join(' ')}`))
  parser.write(xml).close()
  return names
}

function asGitHubWould(markdown: string): string {
  return micromark(markdown, { allowDangerousHtml: true, extensions: [gfm()], htmlExtensions: [gfmHtml()] })
}

function consoleText(report: Report): string {
  const colours = pc.createColors(false)
  const lines = report.outcomes.map((outcome: Outcome) => progressLine(outcome, colours))
  expect(lines.filter((line) => line.includes('\n'))).toEqual([])
  return [...lines, findingsText(report, colours), countsLine(report, colours)].join('\n')
}

const plain = reportOf('x')

describe.each(hostile)('%s in every field', (_name, text) => {
  const report = reportOf(text)
  const documents = {
    'report.json': toJson(report),
    'report.html': toHtml(report),
    'report.sarif': toSarif(report),
    'junit.xml': toJunit(report),
    'summary.md': toMarkdown(report),
    'defectdojo.json': toDefectDojo(report),
    'ocsf.jsonl': toOcsf(report),
    'in-toto.json': toInToto(report, new Uint8Array()),
    console: consoleText(report),
  }

  test.each(Object.entries(documents))('is seen, well-formed and bounded in %s', (_document, content) => {
    expect(dangerous.filter((character) => content.includes(character))).toEqual([])
    expect(content.isWellFormed()).toBe(true)
    expect(content.length).toBeLessThan(12_000_000)
  })

  test('changes nothing about the structure of the HTML', () => {
    expect(htmlShape(documents['report.html'])).toEqual(htmlShape(toHtml(plain)))
  })

  test('changes nothing about the structure of the XML', () => {
    expect(xmlShape(documents['junit.xml'])).toEqual(xmlShape(toJunit(plain)))
  })

  test('changes nothing about the structure of the Markdown', () => {
    expect(htmlShape(asGitHubWould(documents['summary.md']))).toEqual(
      htmlShape(asGitHubWould(toMarkdown(plain))),
    )
  })

  test('leaves JSON that every parser takes', () => {
    const lines = documents['ocsf.jsonl'].split('\n').filter((line) => line !== '')
    expect(lines).toHaveLength(report.outcomes.length)
    const texts = (['report.json', 'report.sarif', 'defectdojo.json', 'in-toto.json'] as const).map(
      (name) => documents[name],
    )
    for (const json of [...texts, ...lines]) {
      const read = JSON.stringify(JSON.parse(json))
      expect(read.isWellFormed()).toBe(true)
      expect(read).not.toMatch(/\\ud[89a-f]/i)
    }
  })
})

test('what cannot be seen is named', () => {
  const report = reportOf('a\u202eb\u0000c')
  for (const document of [toHtml(report), toJunit(report), toSarif(report), consoleText(report)]) {
    expect(document).toContain('a[U+202E]b[U+0000]c')
  }
  expect(JSON.parse(toJson(report)).driver).toBe('a\u202eb\u0000c')
})
