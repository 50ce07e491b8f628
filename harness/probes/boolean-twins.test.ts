import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import {
  arms,
  askTwins,
  type BooleanTwins,
  booleanTwins,
  judgeTwins,
  type Rows,
  twinOrder,
} from './boolean-twins.ts'

const database = new DatabaseSync(':memory:')
database.exec(
  "CREATE TABLE message (id TEXT, subject TEXT, sent INTEGER); INSERT INTO message VALUES ('m1', 'invoice', 2), ('m2', 'minutes', 1)",
)

/** The same search, concatenated and with a bound parameter. */
const searches = {
  string: {
    weak: (q: string) => database.prepare(`SELECT id FROM message WHERE subject = '${q}'`).all(),
    sound: (q: string) => database.prepare('SELECT id FROM message WHERE subject = ?').all(q),
  },
  like: {
    weak: (q: string) => database.prepare(`SELECT id FROM message WHERE subject LIKE '%${q}%'`).all(),
    sound: (q: string) =>
      database.prepare("SELECT id FROM message WHERE subject LIKE '%' || ? || '%'").all(q),
  },
  numeric: {
    weak: (q: string) => database.prepare(`SELECT id FROM message WHERE sent = ${q}`).all(),
    sound: (q: string) => database.prepare('SELECT id FROM message WHERE sent = ?').all(Number(q)),
  },
  'order-by': {
    weak: (q: string) => database.prepare(`SELECT id FROM message ORDER BY ${q}`).all(),
    sound: (q: string) =>
      database.prepare(`SELECT id FROM message ORDER BY ${q === 'sent' ? 'sent' : 'id'}`).all(),
  },
}
const values = { string: 'invoice', like: 'invo', numeric: '2', 'order-by': 'id' }

function ask(twins: BooleanTwins, search: (q: string) => unknown[]) {
  const rows = (q: string): Rows => {
    try {
      return search(q).map((row) => JSON.stringify(row))
    } catch {
      return null
    }
  }
  return judgeTwins(twinOrder(5, 1).map((arm) => ({ arm, rows: rows(twins.inputs[arm]) })))
}

test.each(Object.keys(searches) as (keyof typeof searches)[])(
  '%s: SQLite evaluates a concatenated twin, and no bound one',
  (context) => {
    const twins = booleanTwins([context], values[context], 'sent')
    expect(twins.map((t) => ask(t, searches[context].weak).kind)).toContain('evaluated')
    for (const t of twins) expect(['same', 'refused']).toContain(ask(t, searches[context].sound).kind)
  },
)

test('a search that looks at the text, and rows that come and go, are no finding', () => {
  const [twins] = booleanTwins(['like'], 'x')
  if (twins === undefined) throw new Error('the corpus has no LIKE twins')
  expect(ask(twins, (q) => (q.includes('2') ? ['m2'] : []))).toEqual({ kind: 'literal' })
  let n = 0
  expect(ask(twins, () => [n++])).toEqual({ kind: 'unsteady', arm: 'true' })
  expect(() => judgeTwins([{ arm: 'true', rows: [] }])).toThrow('at least two')
})

test('every input is asked for twice, and each answer is kept with its arm', async () => {
  const [twins] = booleanTwins(['like'], 'x')
  if (twins === undefined) throw new Error('the corpus has no LIKE twins')
  const asked = await askTwins(twins, 1, async (input) => input)
  for (const arm of arms)
    expect(asked.filter((twin) => twin.arm === arm).map(({ answer }) => answer)).toEqual([
      twins.inputs[arm],
      twins.inputs[arm],
    ])
})

test('a search in memory that understands AND and OR is no database, also where a row holds the digit of a twin', () => {
  const rows = { m1: ['invoice', '1'], m2: ['invoice', '3'], m3: ['minutes', '1'] }
  const found = (search: string) => {
    const alternatives = search.split(/\bOR\b/).map((part) => part.match(/\w+/g) ?? [])
    return Object.entries(rows).flatMap(([id, words]) => {
      const has = (word: string) => word === 'AND' || words.some((each) => each.startsWith(word))
      return alternatives.some((terms) => terms.every(has)) ? [id] : []
    })
  }
  const differ = booleanTwins(['string', 'like', 'numeric'], 'invoice').filter(({ inputs }) => {
    const answers = [...arms, ...arms].map((arm) => ({ arm, rows: found(inputs[arm]) }))
    expect(judgeTwins(answers).kind).not.toBe('evaluated')
    return String(found(inputs.true)) !== String(found(inputs.false))
  })
  expect(differ.length).toBeGreaterThan(0)
})

test.each([
  // As MiniSearch splits by default: what is punctuation ends a word, and a backtick or an = is a letter of it.
  ['whose words end at punctuation', (search: string) => search.split(/[\s\p{P}]+/u)],
  [
    'that takes quotes of both kinds for a phrase',
    (search: string) => search.split(/'([^']*)'?|"([^"]*)"?|\s/).map((word = '') => word.trim()),
  ],
  ['that leaves quotes out', (search: string) => search.replaceAll(/['"]/g, '').split(/[\s=()%]+/)],
])('a search in memory %s is no database, where another row holds the digit of a twin', (_, wordsOf) => {
  const rows = { m1: ['invoice', 'alpha'], m2: ['order', '1'], m3: ['order', '2'] }
  const found = (search: string) => {
    const words = wordsOf(search).filter((word) => word !== '' && !/^(?:and|or|like)$/i.test(word))
    return Object.entries(rows).flatMap(([id, has]) => (has.some((each) => words.includes(each)) ? [id] : []))
  }
  const differ = booleanTwins(['string', 'like'], 'invoice').filter(({ inputs }) => {
    const answers = [...arms, ...arms].map((arm) => ({ arm, rows: found(inputs[arm]) }))
    expect(judgeTwins(answers).kind).not.toBe('evaluated')
    return String(found(inputs.true)) !== String(found(inputs.false))
  })
  expect(differ.length).toBeGreaterThan(0)
})
