import pc from 'picocolors'
import { expect, test } from 'vitest'
import { sample } from '../../reports/sample.testing.ts'
import type { Outcome } from '../model.ts'
import { createProgress, type Loudness, liveLine } from './progress.ts'

const outcomes = sample.outcomes as readonly Outcome[]

function shown(loud: Loudness, isLive = false) {
  let text = ''
  const write = (more: string) => {
    text += more
  }
  const screen = { write, isLive, columns: 60, now: () => 1000 }
  const progress = createProgress(screen, loud, pc.createColors(false))
  progress.expect(outcomes.length)
  for (const { check } of outcomes) progress.began(check)
  for (const outcome of outcomes) progress.judged(outcome)
  const before = text.length
  progress.end()
  return { text, end: text.slice(before) }
}

test('each check has a line, and those that were not looked at are counted in one', () => {
  const { text, end } = shown('usual')
  expect(text).toMatch(/^failed +injection\/crlf-subject/)
  expect(text).not.toMatch(/keys\/revoke-immediate|rate-limit\/send-burst/)
  expect(end.split('\n')).toEqual([
    'held back      1 check: report.html says which and why, and so does --verbose',
    'not applicable 1 check: report.html says which and why, and so does --verbose',
    '',
  ])
})

test('verbose tells of each, and quiet of none', () => {
  expect(shown('verbose').text.trimEnd().split('\n')).toHaveLength(outcomes.length)
  expect(shown('quiet', true).text).toBe('')
})

test('on a terminal one line lives below the others, and nothing of it stays', () => {
  const { text } = shown('usual', true)
  expect(text).toContain(`0 of ${outcomes.length}, 0 ms`)
  const screen = text
    .split('\n')
    .map((line) => line.split('\r\u001b[K').at(-1))
    .join('\n')
  expect(screen).toBe(shown('usual').text)
})

test('the live line says how far it is, about how long it takes, and what runs, within the width', () => {
  const going = { done: 10, expected: 30, running: ['tls/cert', 'injection/sqli'], spent: 20_000 }
  expect(liveLine(going, 200)).toBe('10 of 30, 20.0 s; about 40.0 s more: tls/cert, injection/sqli')
  expect(liveLine({ ...going, done: 2 }, 200)).toBe('2 of 30, 20.0 s: tls/cert, injection/sqli')
  expect(liveLine(going, 40)).toHaveLength(39)
  expect(liveLine({ ...going, done: 31, running: [] }, 80)).toBe('31 of 31, 20.0 s')
})
