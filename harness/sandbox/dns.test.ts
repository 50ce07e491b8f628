import { Resolver } from 'node:dns/promises'
import { connect } from 'node:net'
import { streamDecode, streamEncode } from 'dns-packet'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type DnsServer, startDns } from './dns.ts'

const zone = '0badcafe.postern.test'
const resolver = new Resolver({ timeout: 2000, tries: 1 })
let dns: DnsServer

beforeAll(async () => {
  dns = await startDns(zone)
  resolver.setServers([`${dns.host}:${dns.port}`])
})
afterAll(() => dns.close())

test('recipient domains have an exchanger on the loopback interface', async () => {
  expect(await resolver.resolveMx(`any-label.no-starttls.${zone}`)).toMatchObject([
    { priority: 10, exchange: `mx.any-label.no-starttls.${zone}` },
  ])
  expect(await resolver.resolve4(`mx.any-label.no-starttls.${zone}`)).toEqual(['127.0.0.1'])
  expect(await resolver.resolve4(`callback.${zone}`)).toEqual(['127.0.0.1'])
})

test('no such name, no such data and not our zone are three answers', async () => {
  dns.publish([{ name: `deep.below.${zone}`, type: 'A', value: '127.0.0.1' }])
  await expect(resolver.resolve4(`nothing.${zone}`)).rejects.toMatchObject({ code: 'ENOTFOUND' })
  await expect(resolver.resolve6(`mx.a.sound.${zone}`)).rejects.toMatchObject({ code: 'ENODATA' })
  await expect(resolver.resolve4(`below.${zone}`)).rejects.toMatchObject({ code: 'ENODATA' })
  await expect(resolver.resolve4(`sound.${zone}`)).rejects.toMatchObject({ code: 'ENODATA' })
  await expect(resolver.resolve4('example.com')).rejects.toMatchObject({ code: 'EREFUSED' })
  expect(dns.queries({ under: 'example.com' })).toMatchObject([{ name: 'example.com', type: 'A' }])
})

test('above its zone is nothing, and that is an answer: a DMARC policy is looked for up to the top', async () => {
  const text = (name: string) => resolver.resolveTxt(name)
  for (const name of ['postern.test', 'test', '.'])
    await expect(text(name), name).rejects.toMatchObject({ code: 'ENODATA' })
  for (const name of ['_dmarc.postern.test', '_dmarc.test', '_mta-sts._x.postern.test'])
    await expect(text(name), name).rejects.toMatchObject({ code: 'ENOTFOUND' })
  for (const name of ['beside.postern.test', '_dmarc.beside.postern.test', '_dmarc.example'])
    await expect(text(name), name).rejects.toMatchObject({ code: 'EREFUSED' })
})

test('published records of every type come back, whatever the case of the question', async () => {
  const name = `acme.t1.${zone}`
  dns.publish([
    { name, type: 'MX', value: '5 mx.elsewhere.example' },
    { name, type: 'AAAA', value: '::1' },
    { name, type: 'CAA', value: '0 issue "ca.example"' },
    { name: `www.${name}`, type: 'CNAME', value: name },
    { name: `_25._tcp.${name}`, type: 'TLSA', value: `3 1 1 ${'ab'.repeat(32)}` },
  ])
  expect(await resolver.resolveMx(name.toUpperCase())).toMatchObject([
    { priority: 5, exchange: 'mx.elsewhere.example' },
  ])
  expect(await resolver.resolve6(`www.${name}`)).toEqual(['::1'])
  expect(await resolver.resolveCaa(name)).toEqual([{ critical: 0, issue: 'ca.example', type: 'CAA' }])
  const [tlsa] = await resolver.resolveTlsa(`_25._tcp.${name}`)
  expect(Buffer.from(tlsa?.data ?? new ArrayBuffer()).toString('hex')).toBe('ab'.repeat(32))
  dns.withdraw(`www.${name}`)
  await expect(resolver.resolve6(`www.${name}`)).rejects.toMatchObject({ code: 'ENOTFOUND' })
})

test('a long TXT record is strings of 255 octets, and comes over TCP where a datagram is too small', async () => {
  const name = `key._domainkey.acme.${zone}`
  const value = `v=DKIM1; p=${'A'.repeat(6000)}`
  dns.publish([{ name, type: 'TXT', value }])
  const [strings] = await resolver.resolveTxt(name)
  expect(strings?.join('')).toBe(value)
  expect(Math.max(...(strings ?? []).map((string) => string.length))).toBe(255)
})

test('a published record that does not fit is refused with what was expected', () => {
  expect(() => dns.publish([{ name: 'example.com', type: 'A', value: '127.0.0.1' }])).toThrow(zone)
  expect(() => dns.publish([{ name: zone, type: 'A', value: 'nonsense' }])).toThrow('an IPv4 address')
})

test('two questions in one message are a format error', async () => {
  const question = { type: 'A', name: zone } as const
  const socket = connect(dns.port, dns.host)
  socket.write(streamEncode({ type: 'query', id: 7, questions: [question, question] }))
  const [chunk] = (await socket.take(1).toArray()) as Buffer[]
  socket.destroy()
  expect(streamDecode(chunk ?? Buffer.alloc(0))).toMatchObject({ id: 7, rcode: 'FORMERR' })
})
