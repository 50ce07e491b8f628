import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test, vi } from 'vitest'
import { referenceProfile } from './reference-profile.ts'
import { besideOthers, inPlace } from './spawned.testing.ts'

vi.setConfig({ testTimeout: 0 })

/** Those for which it matters how fast requests follow one another, and some for which it does not. */
const checks = ['rate-limit/send-burst', 'rate-limit/cred-guess', 'auth/user-enum', 'injection/bcc-leak']

test.each([10, 25])(
  'with %d requests a second every check has the verdict that it has without a budget',
  async (perSecond) => {
    await inPlace(async (place) => {
      const profile = path.join(place.folder, 'rationed.yaml')
      const budget = `budget: { perSecond: ${perSecond} }\n`
      await writeFile(profile, `extends: ${referenceProfile}\n${budget}${besideOthers}`)
      const args = ['run', '--target', profile, '--out', place.out]
      const { code } = await place.postern([...args, ...checks.flatMap((check) => ['--check', check])]).ended
      const { outcomes } = await place.report()
      const verdicts = outcomes.map(({ check, verdict, reason }) => [check, verdict, reason])
      expect(verdicts.sort()).toEqual(checks.map((check) => [check, 'pass', null]).sort())
      expect(code).toBe(0)
    })
  },
)
