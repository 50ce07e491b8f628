import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { keyDatesIn, lastUseIn } from '../probes/key-dates.ts'
import { operations } from './operations.ts'
import { profilePage } from './profile-page.ts'

test('every key of a profile stands on the page, with a shape and a sentence', async () => {
  const page = await profilePage()
  const rows = page.split('\n').filter((line) => line.startsWith('| `') && line.split(' | ').length === 3)
  expect(rows.length).toBeGreaterThan(150)
  expect(rows.filter((row) => !/ \| .+ \|$/.test(row))).toEqual([])
  const schema = JSON.parse(await readFile(new URL('profile.schema.json', import.meta.url), 'utf8')) as {
    properties: Record<string, { description?: string }>
  }
  for (const name of Object.keys(schema.properties).filter((name) => name !== '$schema')) {
    expect(page).toContain(`## \`${name}\`\n\n${schema.properties[name]?.description}`)
  }
  for (const name of ['container.ready.port', 'tenant', 'pathWith', 'records[].type', 'recipients.route'])
    expect(page).toContain(`| \`${name}\` | `)
  for (const name of Object.keys(operations)) expect(page).toContain(`| \`${name}\` | `)
})

test('what items of lists may hold stands on it, by names that are read', async () => {
  const page = await profilePage()
  const [, rows = ''] = page.split('## Items of lists')
  const lists = [...rows.matchAll(/^\| `(\w+\.list)` \|/gm)].map(([, name = '']) => name)
  expect(lists).toContain('audit.list')
  expect(lists.filter((name) => !(name in operations))).toEqual([])
  const [, members = ''] = /^\| `key\.list` \| (.+?) \|/m.exec(rows) ?? []
  const [made, rotated, ends, used, ...states] = [...members.matchAll(/`(\w+)`/g)].map(
    ([, name = '']) => name,
  )
  const time = '2026-01-02T03:04:05Z'
  const at = Date.parse(time)
  for (const name of [made, rotated]) expect(keyDatesIn(JSON.stringify({ [`${name}`]: time })).made).toBe(at)
  expect(keyDatesIn(JSON.stringify({ [`${ends}`]: time })).ends).toBe(at)
  expect(lastUseIn(JSON.stringify({ [`${used}`]: time }))).toBe(at)
  const over: Readonly<Record<string, unknown>> = {
    status: 'revoked',
    active: false,
    enabled: false,
    revokedAt: time,
  }
  expect(states).toEqual(Object.keys(over))
  for (const name of states) expect(keyDatesIn(JSON.stringify({ [name]: over[name] })).isOver).toBe(true)
})
