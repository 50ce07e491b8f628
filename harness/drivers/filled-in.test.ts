import { expect, test } from 'vitest'
import { withProfileFile } from '../api/recording-target.testing.ts'
import { ProfileError, readProfile } from '../profile/profile.ts'
import { filledIn, type Values } from './filled-in.ts'

const yaml = `name: a target
target:
  url: 'http://127.0.0.1:1'
  command:
    run: [node, '--port=\${env:PORT}']
    environment: {LEVEL: '\${env:LEVEL}', ZONE: '\${sandbox:zone}'}
principals: {anonymous: {none: true}}
operations: {principal.get: {method: GET, path: /me}}
mail: {from: a@b.test}
`

/** What a program would get; the complaint instead, without the folder of the file. */
function given(values: Values, needed?: 'needed'): Promise<unknown> {
  return withProfileFile(yaml, async (file) => {
    try {
      const document = await readProfile(file)
      return filledIn(document, ['target', 'command'], document.data.target.command, values, needed)
    } catch (error) {
      if (error instanceof ProfileError) return error.message.replaceAll(file, 'target.yaml')
      throw error
    }
  })
}

test('what is set is handed on, also the empty text', async () => {
  const values = { PORT: '8080', LEVEL: '', 'sandbox:zone': 't1.postern.test' }
  expect(await given(values)).toEqual({
    run: ['node', '--port=8080'],
    environment: { LEVEL: '', ZONE: 't1.postern.test' },
  })
  expect(await given(values, 'needed')).toMatch(
    /environment\.LEVEL: expected the variable LEVEL .* seen it empty/,
  )
})

test('what is not set is named with its place', async () => {
  expect(await given({ PORT: '8080', 'sandbox:zone': 't1.postern.test' })).toBe(
    'target.yaml:6:26 target.command.environment.LEVEL: expected the variable LEVEL in the environment; seen it unset; set LEVEL and run again',
  )
  expect(await given({ LEVEL: 'x', 'sandbox:zone': 'y' })).toMatch(
    /^target\.yaml:5:\d+ target\.command\.run\.1: /,
  )
})
