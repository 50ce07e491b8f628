import { expect, test } from 'vitest'
import { readAnnouncement } from './announcement.ts'

test('a line of a log is an announcement only as an object with exports or records', () => {
  const record = { name: 'acme.postern.test', type: 'TXT', value: 'v=spf1 -all' }
  expect(readAnnouncement(JSON.stringify({ exports: { KEY: 'a', PORT: 1 }, records: [record, 7] }))).toEqual({
    exports: { KEY: 'a' },
    records: [record],
  })
  for (const line of [
    'listening on 8443',
    '{',
    '{"level":30,"msg":"up"}',
    '{"exports":[]}',
    '[{"exports":{}}]',
  ])
    expect(readAnnouncement(line)).toBeNull()
})
