import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
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
