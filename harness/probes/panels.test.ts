import { describe, expect, test } from 'vitest'
import { panelPaths } from './corpora.ts'
import { isTraced, type PanelKind, panelIn } from './panels.ts'

const as = (kind: PanelKind, body: string, type = 'text/plain') =>
  panelIn(kind, { headers: [['content-type', type]], body })

describe('what a path shows is known by its content', () => {
  test.each<[PanelKind, string]>([
    ['git-head', 'ref: refs/heads/main\n'],
    ['git-head', '9fceb02d0ae598e95dc970b74767f19372d61af8\n'],
    ['settings', 'PORT=80\nexport SMTP_PASSWORD="hunter22"\n'],
    ['settings', 'spring.mail.password: hunter22\n'],
    ['private-key', `-----BEGIN ${'RSA'} PRIVATE KEY-----\nMIIEowIBAAKCAQEA\n`],
    ['prometheus', '# HELP up x\n# TYPE up gauge\nup 1\n'],
    ['mailhog', '{"total":0,"count":0,"start":0,"items":[]}'],
    ['openapi', 'swagger: "2.0"\ninfo:\n  title: x\npaths:\n  /a: {}\n'],
    ['archive', 'PK\x03\x04'],
  ])('%s', (kind, body) => {
    expect(as(kind, body)).not.toBeNull()
  })
})

describe('what an API may well answer there is nothing of the kind', () => {
  test.each<[PanelKind, string, string]>([
    ['git-head', '<!doctype html><title>Shop</title>', 'text/html'],
    ['settings', '<p>PASSWORD=what-you-like</p>', 'text/html'],
    ['settings', '{"error":{"code":"not_found"}}', 'application/json'],
    ['settings', 'PASSWORD=\nTOKEN=\n', 'text/plain'],
    ['prometheus', '{"sent":3,"opened":1}', 'application/json'],
    ['spring-health', '{"status":"UP"}', 'application/json'],
    ['spring-env', '{"name":"live"}', 'application/json'],
    ['mailpit', '{"Version":"1"}', 'application/json'],
    ['maildev', '[]', 'application/json'],
    ['maildev', '[{"email":"a@b.test"}]', 'application/json'],
    ['queues', '<title>Status of our queues</title>', 'text/html'],
    ['docs', '<title>Documentation</title><p>Our API</p>', 'text/html'],
    ['introspection', '{"errors":[{"message":"no __schema"}]}', 'application/json'],
    ['code-console', '<title>Console</title><p>Interactive Console of our shop</p>', 'text/html'],
    ['rabbitmq', '{"error":"not_authorised"}', 'application/json'],
    ['openapi', '{"openapi":"see /docs"}', 'application/json'],
  ])('%s: %s', (kind, body, type) => {
    expect(as(kind, body, type)).toBeNull()
  })
})

test('every path of the corpus says what it shows, under a name and at a place of its own', () => {
  const paths = panelPaths('panels')
  for (const { shows, name } of paths) expect(() => as(shows, ''), name).not.toThrow()
  for (const key of ['name', 'path'] as const)
    expect(new Set(paths.map((each) => each[key])).size).toBe(paths.length)
})

test('no text makes a reader run for long', () => {
  const texts = [
    'a'.repeat(200_000),
    '['.repeat(100_000),
    `services:\n${' '.repeat(200_000)}`,
    '<title>'.repeat(50_000),
  ]
  const started = performance.now()
  for (const { shows } of panelPaths('panels'))
    for (const text of texts) as(shows, text, text.startsWith('<') ? 'text/html' : 'text/plain')
  expect(performance.now() - started).toBeLessThan(5_000)
})

test('an answer to TRACE is one where it repeats the request', () => {
  expect(isTraced({ body: 'TRACE / HTTP/1.1\r\nx-postern: abc\r\n' }, 'abc')).toBe(true)
  expect(isTraced({ body: '{"error":"TRACE / is not allowed: abc"}' }, 'abc')).toBe(false)
})
