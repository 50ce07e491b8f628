import { expect, test } from 'vitest'
import { createJournal, damagedLines, type Intent, readEntries } from './journal.ts'

const intent = (id: string, principal: string | null = 'admin'): Intent => ({
  ...{ id, operation: 'key.create', principal },
  ...{ input: { name: `key ${id}` }, marks: [] },
})
const revoke = (id: string) => ({ operation: 'key.revoke', input: { id } })

/** A journal with all that it wrote. */
function written() {
  const lines: string[] = []
  return { ...createJournal((line) => lines.push(line)), text: () => lines.join('') }
}

test('what is read back is what is left: made, perhaps made, and nothing of what is gone', () => {
  const journal = written()
  for (const id of ['a', 'b', 'c', 'd', 'e']) journal.expect(intent(id))
  journal.answered('a', { made: revoke('1'), memoryOnly: false })
  journal.answered('b', 'nothing')
  journal.answered('c', 'unknown')
  journal.answered('d', { made: revoke('4'), memoryOnly: false })
  journal.undone({ ...revoke('4'), principal: null, own: true })
  expect(readEntries(journal.text()).map(({ id, undo, answered }) => [id, undo, answered])).toEqual([
    ['e', null, true],
    ['c', null, true],
    ['a', revoke('1'), true],
  ])
  expect(journal.entries().map(({ id, answered }) => [id, answered])).toEqual([
    ['e', false],
    ['c', true],
    ['a', true],
  ])
})

test('an undo with a secret in it stays in memory', () => {
  const journal = written()
  journal.expect(intent('a'))
  const made = { operation: 'key.revoke', input: { token: 'sk_live_12345' } }
  journal.answered('a', { made, memoryOnly: true })
  expect(journal.entries()[0]?.undo).toEqual(made)
  expect(journal.text()).not.toContain('sk_live_12345')
  expect(readEntries(journal.text())).toMatchObject([{ id: 'a', undo: null }])
})

test('only who may take something back takes it off: others may be told yes, and nothing happens', () => {
  const journal = createJournal()
  journal.expect(intent('a'))
  journal.expect(intent('nobody’s', null))
  for (const id of ['a', 'nobody’s']) journal.answered(id, { made: revoke('1'), memoryOnly: false })
  for (const principal of ['neighbour', null]) journal.undone({ ...revoke('1'), principal, own: false })
  expect(journal.entries()).toHaveLength(2)
  journal.undone({ ...revoke('1'), principal: 'admin', own: false })
  expect(journal.entries().map(({ id }) => id)).toEqual(['nobody’s'])
})

test('a line that was cut off when its writer was killed is left out, whatever it is', () => {
  const journal = written()
  journal.expect(intent('a'))
  journal.expect(intent('b'))
  const text = journal.text()
  const first = text.indexOf('\n') + 1
  for (let cut = first; cut < text.length - 1; cut++)
    expect(readEntries(text.slice(0, cut)).map(({ id }) => id)).toEqual(['a'])
  for (const odd of ['', '\n', 'null\n', '7\n', '{}\n', '{"owner":"x 1 y"}\n'])
    expect(readEntries(odd)).toEqual([])
})

test('lines of another shape are left out and known, and what would take others’ objects for ours', () => {
  const journal = written()
  journal.expect(intent('a'))
  const { id: _, ...nameless } = intent('b')
  const odd = [
    ...[null, 7, [], {}, { id: 'z' }, { ...intent('z'), marks: null }, { ...intent('z'), input: null }],
    ...[
      nameless,
      { ...intent('z'), principal: 7 },
      ...['', 'a', 'The Name'].map((m) => ({ ...intent('z'), marks: [m] })),
    ],
  ].map((line) => ({ expect: line }))
  const others = [
    null,
    7,
    {},
    { id: 'a' },
    { id: 'a', made: null },
    { id: 'a', made: { operation: 'x' } },
    { id: 7, gone: true },
  ]
  const lines = [...odd, ...others].map((line) => JSON.stringify(line))
  lines.push('{"expect":', '\0\0\0', '['.repeat(100_000))
  const text = `${lines.join('\n')}\n${journal.text()}{"id":"a","go`
  expect(readEntries(text).map(({ id, undo }) => [id, undo])).toEqual([['a', null]])
  expect(damagedLines(text)).toEqual(lines)
  expect(damagedLines(journal.text())).toEqual([])
})

test('what came of a call is known also where it cannot be written; a call whose own line cannot does not count', () => {
  let full = false
  const write = () => {
    if (full) throw new Error('ENOSPC')
  }
  const noted: string[] = []
  const journal = createJournal(write, (line) => noted.push(line))
  for (const id of ['a', 'b']) journal.expect(intent(id))
  full = true
  expect(() => journal.expect(intent('c'))).toThrow('ENOSPC')
  journal.answered('a', { made: revoke('1'), memoryOnly: false })
  journal.answered('b', 'nothing')
  const entry = { ...intent('d'), undo: revoke('4'), answered: true }
  expect(() => journal.adopt(entry)).toThrow('ENOSPC')
  expect(journal.entries().map(({ id, undo }) => [id, undo])).toEqual([
    ['d', revoke('4')],
    ['a', revoke('1')],
  ])
  expect(noted).toHaveLength(2)
})
