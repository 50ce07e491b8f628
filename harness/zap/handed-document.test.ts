import { expect, test } from 'vitest'
import { handedDocument } from './handed-document.ts'

const address = 'zap@z.postern.test'
const options = { url: 'https://api.example.com:8443/base/', keeps: () => true, address }

test('no address but one of the sandbox is in it, wherever the document has one', () => {
  const handed = handedDocument(
    {
      servers: [{ url: 'https://production.example.com/v1' }],
      paths: {
        '/send': {
          servers: [{ url: 'https://elsewhere.example.com' }],
          post: {
            requestBody: {
              content: {
                'application/json': {
                  example: { to: ['"Jo" <jo@bank.example>'], note: 'call a@b.co or c@d.co' },
                  schema: {
                    properties: {
                      to: { type: 'array', items: { type: 'string' } },
                      owner: { type: 'string', format: 'email' },
                      kind: { type: 'string', enum: ['x@real.org', 'y'] },
                      size: { type: 'integer' },
                      other: { $ref: 'https://attacker.example/schema.json' },
                      own: { $ref: '#/components/schemas/A' },
                    },
                  },
                },
              },
            },
            parameters: [{ name: 'email', in: 'query', schema: { type: 'string', default: 'z@real.org' } }],
          },
        },
      },
    },
    options,
  )
  const text = JSON.stringify(handed)
  expect(new Set(text.match(/[\w.]+@[\w.]+/g))).toEqual(new Set([address]))
  expect(text).not.toMatch(/elsewhere|attacker|production/)
  expect(handed['servers']).toEqual([{ url: 'https://api.example.com:8443/v1' }])
  const properties = {
    to: { type: 'array', items: { type: 'string', example: address } },
    owner: { type: 'string', format: 'email', example: address },
    kind: { type: 'string', enum: [address, 'y'] },
    size: { type: 'integer' },
    other: {},
    own: { $ref: '#/components/schemas/A' },
  }
  expect(handed).toHaveProperty(
    ['paths', '/send', 'post', 'requestBody', 'content', 'application/json', 'schema'],
    {
      properties,
    },
  )
})

test('it holds what may be sent, and without a server’s path it leads to the target’s own', () => {
  const paths = { '/a': { get: {}, delete: {} }, '/b': { delete: {}, parameters: [] } }
  const handed = handedDocument({ paths }, { ...options, keeps: (method) => method === 'GET' })
  expect(handed).toMatchObject({
    paths: { '/a': { get: {} } },
    servers: [{ url: 'https://api.example.com:8443/base' }],
  })
  expect(JSON.stringify(handed)).not.toMatch(/delete|\/b"/)
})
