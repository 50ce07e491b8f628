import { expect, test } from 'vitest'
import controls from '../../reports/controls.json' with { type: 'json' }
import { checkFiles, notSelected } from './checks.ts'

test('what a restricted run leaves out is every other check, and ZAP where the profile has one', async () => {
  const all = [...(await checkFiles()).keys()]
  expect(await notSelected([], true)).toEqual([])
  const left = await notSelected(['keys', 'tls/versions'], false)
  expect(left).toEqual(all.filter((id) => !id.startsWith('keys/') && id !== 'tls/versions'))
  expect(left.length).toBeGreaterThan(20)
  expect(await notSelected(['keys'], true)).toContain('zap/active-scan')
  expect(await notSelected(['zap'], true)).toEqual(all)
})

test('each check is evidence for a control of some standard, and no control names another', async () => {
  const named = Object.values(controls).flatMap((each) => each.flatMap(({ checks }) => checks))
  expect([...new Set(named)].sort()).toEqual([...(await checkFiles()).keys()].sort())
})
