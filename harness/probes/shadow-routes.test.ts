import { describe, expect, test } from 'vitest'
import { guessesAt, isRoute, pathsNamed } from './shadow-routes.ts'

const closed = (path: string) => ({ path, isRefusedToNobody: true })
const paths = (...args: Parameters<typeof guessesAt>) => guessesAt(...args).map(({ path }) => path)

test('a documented path has other versions, prefixes and endings; words stand beside it', () => {
  const guesses = guessesAt([closed('/api/v1/users')], ['/v1/reports'], (path) => path === '/api/v1/keys')
  const of = (path: string) => guesses.find((guess) => guess.path === path)
  expect(of('/api/v0/users')).toEqual({
    kind: 'another version',
    path: '/api/v0/users',
    of: '/api/v1/users',
    beside: ['/api/{random}/users', '/api/v0/{random}'],
  })
  expect(of('/internal/api/v1/users')?.kind).toBe('a prefix')
  expect(of('/api/v1/users.json')?.beside).toEqual(['/api/v1/users.{random}', '/api/v1/{random}.json'])
  expect(of('/api/v1/debug')).toMatchObject({ kind: 'a word', of: null })
  expect(of('/debug')?.kind).toBe('a word')
  expect(of('/v1/reports')?.kind).toBe('what answers name')
  expect(of('/api/v1/keys')).toBeUndefined()
})

test('a path without a version gets one, and what is open no other endings', () => {
  const found = paths([{ path: '/health', isRefusedToNobody: false }], [], () => false)
  expect(found).toContain('/v0/health')
  expect(found).not.toContain('/health.json')
})

test('there are few guesses, each of them once', () => {
  const many = Array.from({ length: 100 }, (_, n) => closed(`/v1/things-${n}`))
  const found = paths(
    many,
    Array.from({ length: 100 }, (_, n) => `/x/${n}`),
    () => false,
  )
  expect(found.length).toBeLessThanOrEqual(200)
  expect(new Set(found).size).toBe(found.length)
})

test('what answers and robots.txt name is taken where it is of this origin', () => {
  const links = [
    '<https://a.test/internal/x?y=1>; rel="up", </next>; rel=next',
    '<https://b.test/z>; rel="x"',
  ]
  const robots =
    'User-agent: *\nDisallow: /hidden/\r\nDisallow: /*.pdf$\nAllow: /open\nDisallow:\nDisallow: /\n'
  expect(pathsNamed('https://a.test', links, robots)).toEqual(['/internal/x', '/next', '/hidden/', '/open'])
})

describe('an answer that holds data is a route', () => {
  const list = '{"data":[],"next":null}'
  test.each<[string, string | null]>([
    ['{"id":"a"}', null],
    ['[{"id":"a"}]', null],
    ['{"data":[],"next":null}', list],
    ['{"errors":[],"data":{"a":1}}', null],
  ])('%s', (body, operation) => {
    expect(isRoute(body, operation)).toBe(true)
  })

  test.each<[string, string | null]>([
    ['<html>Welcome</html>', null],
    ['', null],
    ['{}', '{}'],
    ['[]', '[]'],
    ['"ok"', null],
    [list, null],
    ['{"error":{"code":"not_found"}}', null],
    ['{"errors":[{"message":"no"}]}', null],
    ['{"success":false,"message":"no"}', null],
    ['{"status":404,"message":"no"}', null],
    ['{"status":"error","message":"no"}', null],
    ['{"code":"404","message":"no"}', null],
  ])('%s is none', (body, operation) => {
    expect(isRoute(body, operation)).toBe(false)
  })
})
