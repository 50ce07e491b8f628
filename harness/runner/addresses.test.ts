import { expect, test } from 'vitest'
import { withProfileFile } from '../api/recording-target.testing.ts'
import { readProfile, resolveProfile } from '../profile/profile.ts'
import { addressesOf } from './addresses.ts'

const yaml = `name: a target
target: {url: 'http://localhost:1'}
principals: {anonymous: {none: true}}
operations: {principal.get: {method: GET, path: /me}}
mail: {from: a@b.test}
`

const addressed = (address: string) =>
  withProfileFile(yaml, async (file) => {
    const document = await readProfile(file)
    const profile = await resolveProfile(document, {})
    return addressesOf(document, profile, async ([host = '']) => ({ [host]: [{ address, family: 4 }] }))
  })

test('a name of this machine that leads to another is refused: nobody has allowed to test that', async () => {
  expect(await addressed('127.0.0.1')).toEqual({ localhost: [{ address: '127.0.0.1', family: 4 }] })
  await expect(addressed('192.0.2.1')).rejects.toThrow(
    /target\.yaml:2 target\.url: expected localhost to be this machine; seen 192\.0\.2\.1; /,
  )
})
