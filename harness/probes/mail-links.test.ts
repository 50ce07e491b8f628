import { expect, test } from 'vitest'
import { linkFault, linksIn } from './mail-links.ts'

const message = (type: string, content: string, fields: readonly string[] = []) =>
  Buffer.from(
    [
      ...['From: <a@own.example>', 'MIME-Version: 1.0', ...fields],
      ...['Content-Type: multipart/alternative; boundary=x', ''],
      ...['--x', 'Content-Type: text/plain', '', 'Hello', '--x', `Content-Type: ${type}; charset=utf-8`, ''],
      ...[content, '--x--', ''],
    ].join('\r\n'),
  )
const urls = async (...given: Parameters<typeof message>) =>
  (await linksIn(message(...given))).map(({ url }) => url)

test.each([
  ['AMP', 'text/x-amp-html', '<a href="http://other.example/1">x</a>'],
  ['HTML for watches', 'text/watch-html', '<a href="http://other.example/1">x</a>'],
  [
    'an invitation',
    'text/calendar; method=REQUEST',
    'BEGIN:VEVENT\r\nURL:http://other.exam\r\n ple/1\r\nEND:VEVENT',
  ],
  ['a text of an invitation', 'text/calendar', 'DESCRIPTION:Hello\\nhttp://other.example/1\\, then'],
  [
    'a button of schema.org',
    'text/html',
    '<script type="application/ld+json">[{"@context":"http://schema.org","potentialAction":{"target":"http://other.example/1"}}]</script>',
  ],
  ['a button in microdata', 'text/html', '<meta itemprop="target" content="http://other.example/1">'],
  ['a frame', 'text/html', '<iframe srcdoc="&lt;a href=&#34;http://other.example/1&#34;>x"></iframe>'],
  ['an image of old', 'text/html', '<img lowsrc="http://other.example/1">'],
])('what %s leads to is a link', async (_, type, content) => {
  expect(await urls(type, content)).toEqual(['http://other.example/1'])
})

test('neither the programs of AMP nor the words of schema.org are links', async () => {
  expect(
    await urls('text/x-amp-html', '<script async src="https://cdn.ampproject.org/v0.js"></script>'),
  ).toEqual([])
  const words =
    '{"@type":"http://schema.org/Offer","@id":"https://id.example/7","availability":"https://schema.org/InStock"}'
  expect(await urls('text/html', `<script type="application/ld+json">${words}</script>`)).toEqual([])
  expect(
    await urls(
      'text/html',
      '<script>location = "https://other.example"</script><meta itemprop="name" content="a">',
    ),
  ).toEqual([])
})

test('fields that lead somewhere are read', async () => {
  const fields = [
    'Archived-At: <http://own.example/1>',
    'List-Help: <https://own.example/2>',
    'Subject: http://own.example/3',
  ]
  expect(await urls('text/html', '<p>Hello</p>', fields)).toEqual([
    'http://own.example/1',
    'https://own.example/2',
  ])
})

test('a link is right where it leads by https to a host of the policy, however that is written', () => {
  const fault = (url: string) => linkFault({ name: '', url, text: null, made: false }, ['own.example'])
  for (const url of ['HTTPS://OWN.EXAMPLE/', 'https://own.example:443/', 'mailto:a@b.example'])
    expect(fault(url)).toBeNull()
  for (const url of [
    ...[
      'http://own.example/',
      'https://own.example@other.example/',
      'https:/\\other.example',
      '//other.example/',
    ],
    ...['https://own.example%2eother.example/', 'javascript:alert(1)', 'https://own.example:8443/'],
  ])
    expect(fault(url)).not.toBeNull()
})
