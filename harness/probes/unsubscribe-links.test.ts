import { createHmac } from 'node:crypto'
import { expect, test } from 'vitest'
import { differing, forgeries, type TwoLinks } from './unsubscribe-links.ts'

const [ownAddress, otherAddress] = ['ann@x.test', 'bob@x.test']
const two = (own: string, other: string): TwoLinks => ({
  ...{ own: new URL(own, 'https://l.test'), other: new URL(other, 'https://l.test') },
  ...{ ownAddress, otherAddress },
})
const made = (name: string, of: TwoLinks) =>
  (forgeries.find((each) => each.name === name)?.links(of) ?? []).map(
    ({ pathname, search }) => `${pathname}${search}`,
  )
const inBase64 = (text: string) => Buffer.from(text).toString('base64url')

test('what differs in two links is what says whose they are', () => {
  const of = two('/u/1?list=7&m=a', '/u/2?list=7&m=b')
  expect(differing(of).map(({ name, value, of }) => [name, value, of])).toEqual([
    ['', '1', '2'],
    ['m', 'a', 'b'],
  ])
})

test('an address is put in the place of another, however it is written', () => {
  const name = 'the address of somebody else in its place'
  const json = (email: string) => inBase64(JSON.stringify({ email, list: 3 }))
  expect(made(name, two(`/u?e=${ownAddress}&s=1`, `/u?e=${otherAddress}&s=2`))).toEqual([
    `/u?e=${encodeURIComponent(otherAddress)}&s=1`,
  ])
  expect(made(name, two(`/u/${json(ownAddress)}`, `/u/${json(otherAddress)}`))[0]).toBe(
    `/u/${json(otherAddress)}`,
  )
  // Where it is nowhere, what others put there.
  expect(made(name, two('/u/abc', '/u/abd'))).toEqual(
    expect.arrayContaining([`/u/${inBase64(otherAddress)}`, `/u/${encodeURIComponent(otherAddress)}`]),
  )
})

test('numbers are counted on, up to that of the other reader where it is near', () => {
  const name = 'a number further on'
  expect(made(name, two('/u/1041', '/u/1044'))).toEqual(['/u/1042', '/u/1044'])
  expect(made(name, two('/u/1041', '/u/9941'))).toEqual(['/u/1042'])
  expect(made(name, two('/u/00fe', '/u/1000'))).toEqual(['/u/00ff'])
  expect(made(name, two('/u/sub_9', '/u/sub_10'))).toEqual(['/u/sub_10'])
})

test('the other link gets another proof, or none: half of a token, its last part, or a parameter', () => {
  const bytes = (n: number) => Buffer.from([...Array(4).fill(n), ...Array(4).fill(n + 1)])
  const of = two(`/u/${bytes(1).toString('hex')}`, `/u/${bytes(5).toString('hex')}`)
  expect(made('the proof of another link', of)).toEqual(['/u/0505050502020202'])
  expect(made('a changed proof', of)).toEqual(['/u/0505050500000000', '/u/0505050507060606'])
  expect(made('a proof cut short', of)).toEqual(['/u/0505050506', '/u/050505050606'])
  expect(made('no proof', of)).toEqual(['/u/05050505'])
  const dotted = two(`/u/7.${inBase64('own')}`, `/u/8.${inBase64('oth')}`)
  expect(made('the proof of another link', dotted)).toEqual([`/u/8.${inBase64('own')}`])
  const apart = two('/u?m=1&sig=aa', '/u?m=2&sig=bb')
  expect(made('the proof of another link', apart)).toEqual(['/u?m=2&sig=aa'])
  expect(made('no proof', apart)).toEqual(['/u?m=2&sig='])
  // Nothing of it says which of them is a secret.
  expect(made('no proof', two('/u?m=1&r=aa', '/u?m=2&r=bb'))).toEqual([])
})

test('a token loses its signature, with the claims of the own one where it has some', () => {
  const token = (email: string) => {
    const text = `${inBase64('{"alg":"HS256"}')}.${inBase64(JSON.stringify({ list: 3, email }))}`
    return `${text}.${createHmac('sha256', 'k').update(text).digest('base64url')}`
  }
  const [forged = ''] = made('an unsigned token', two(`/u/${token(ownAddress)}`, `/u/${token(otherAddress)}`))
  const [header = '', payload = '', signature] = forged.replace('/u/', '').split('.')
  expect(JSON.parse(Buffer.from(header, 'base64url').toString())).toMatchObject({ alg: 'none' })
  expect(JSON.parse(Buffer.from(payload, 'base64url').toString())).toEqual({ list: 3, email: otherAddress })
  expect(signature).toBe('')
  expect(made('an unsigned token', two('/u/abc', '/u/abd'))).toHaveLength(1)
})
