import { calculateJwkThumbprint, decodeProtectedHeader } from 'jose'
import { expect, test } from 'vitest'
import type { HttpRequest } from '../model.ts'
import { devicesOfPeople, hoursOfPeople, networksOfPeople } from './outside-of-rules.ts'

const request: HttpRequest = {
  ...{ method: 'GET', origin: 'https://api.test', path: '/me?a=b', body: null },
  headers: [
    ['user-agent', 'postern'],
    ['accept', '*/*'],
  ],
}

test('addresses are claimed by every field at once, each with one address, and with a list of them', () => {
  const [{ value, claims: [single, list] = [] } = { value: null }] = networksOfPeople().shut
  expect(value).toEqual(['192.0.2.10/32'])
  const fields = Object.fromEntries(single?.change(request).headers ?? [])
  expect(fields).toMatchObject({ 'X-Forwarded-For': '192.0.2.10', Forwarded: 'for=192.0.2.10' })
  const alone = single?.alone?.map((change) => change(request).headers.slice(request.headers.length).length)
  expect(new Set(alone)).toEqual(new Set([1]))
  expect(alone).toHaveLength(Object.keys(fields).length - request.headers.length)
  expect(list?.change(request).headers.slice(request.headers.length)).toEqual([
    ['X-Forwarded-For', '192.0.2.10, 127.0.0.1'],
  ])
})

test('by the time that is claimed, it were within the hours that are over', () => {
  const now = Date.UTC(2030, 0, 1, 12, 30)
  const { open, shut } = hoursOfPeople(now)
  expect(open).toEqual([{ from: '09:30', to: '13:30' }])
  expect(shut.map(({ value }) => value)).toEqual([
    { from: '09:30', to: '11:30' },
    { from: '13:30', to: '15:30' },
    { from: '18:15', to: '06:15' },
  ])
  const claimed = shut[0]?.claims?.map(({ change }) => Object.fromEntries(change(request).headers))
  expect(claimed).toMatchObject([
    { Date: 'Tue, 01 Jan 2030 10:30:00 GMT', 'X-Date': '2030-01-01T10:30:00.000Z' },
    { 'X-Timezone-Offset': '120', 'X-Timezone': 'Etc/GMT+2' },
  ])
})

test('a device is claimed by what a request says of itself, and by another key than its own', async () => {
  const [{ value = [], claims = [] } = {}] = devicesOfPeople().shut
  const [thumbprint] = value as string[]
  const said = claims.map(({ change }) => change(request).headers)
  expect(said.map((headers) => headers.filter(([name]) => /^user-agent$/i.test(name)).length)).toEqual([
    ...[1, 1, 1, 1],
  ])
  const fields = said.map((headers) => Object.fromEntries(headers))
  expect(fields[2]?.['X-Device-Id']).toBe(thumbprint)
  const { jwk = {} } = decodeProtectedHeader(String(fields[3]?.['DPoP']))
  expect(await calculateJwkThumbprint(jwk)).not.toBe(thumbprint)
})
