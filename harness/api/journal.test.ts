import { expect, test } from 'vitest'
import { createJournal, type Intent, readEntries } from './journal.ts'

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
