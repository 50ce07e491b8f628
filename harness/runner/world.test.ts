import { expect, test } from 'vitest'
import { withProfileFile } from '../api/recording-target.testing.ts'
import { readProfile } from '../profile/profile.ts'
import { zoneOf } from './world.ts'

const yaml = `name: a target
target: {url: 'http://127.0.0.1:1'}
principals: {anonymous: {none: true}}
operations: {principal.get: {method: GET, path: /me}}
mail: {from: a@b.test}
sandbox:
  zone: '\${env:ZONE}'
  records: [{name: 's1._domainkey.\${env:ZONE}', type: TXT, value: 'v=DKIM1; p=\${env:KEY}'}]
`

test('names and values of records that the target told beforehand may come from variables', () =>
  withProfileFile(yaml, async (file) => {
    const document = await readProfile(file)
    expect(zoneOf(document, { ZONE: 'shop.test', KEY: 'MIGf' })).toEqual({
      zone: 'shop.test',
      records: [{ name: 's1._domainkey.shop.test', type: 'TXT', value: 'v=DKIM1; p=MIGf' }],
    })
    expect(() => zoneOf(document, { ZONE: 'shop.test' })).toThrow(
      /sandbox\.records\.0\.value: expected the variable KEY/,
    )
  }))
