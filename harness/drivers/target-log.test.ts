import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'
import { openLog } from './target-log.ts'

const password = 'pw+Zq81/rT_0x=='
const token = 'eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.c2lnbmF0dXJlLW9mLWEtdG9rZW4'
const secrets = [
  { name: 'password of admin', value: password },
  { name: 'credential of sender', value: 'sk-1234567890' },
  { name: 'credential of admin', value: token },
]

test('a secret is found in whatever spelling, with the number of its lines and the first of them masked', () => {
  const log = openLog(null, 'target')
  log.write('GET /a 200\nPOST /session 200 ')
  log.write(`{"password":"${password.replace('/', '\\/')}"}\n`)
  log.write(`GET /?p=${encodeURIComponent(password)} 200\n`)
  log.write(`AUTH PLAIN ${Buffer.from(`\0admin\0${password}`).toString('base64')}\nunfinished`)
  expect(log.find(secrets)).toEqual({
    lines: 4,
    held: [
      {
        name: 'password of admin',
        lines: 3,
        first: 'POST /session 200 {"password":"$PASSWORD_OF_ADMIN"}',
      },
    ],
  })
})

test.each([
  [
    'a buffer of Node',
    [...Buffer.from(password)].map((byte) => byte.toString(16).padStart(2, '0')).join(' '),
  ],
  ['a slice of Go', [...Buffer.from(password)].join(' ')],
  ['a list in JSON', [...Buffer.from(password)].join(',')],
])('a secret that is written as %s is found, and masked, also in the file', async (_, bytes) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'postern-log-'))
  try {
    const log = openLog(folder, 'target')
    log.write(`body <${bytes}>\nother <1 2 3 4 5 6 7 8 9>\n`)
    const [found] = log.find([{ name: 'password', value: password }]).held
    expect(found).toMatchObject({ lines: 1, first: 'body <(bytes of a secret)>' })
    await log.close()
    expect(await readFile(path.join(folder, 'logs', 'target.log'), 'utf8')).toBe(
      'body <(bytes of a secret)>\nother <1 2 3 4 5 6 7 8 9>\n',
    )
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('a secret in a line that has no end yet is found', () => {
  const log = openLog(null, 'target')
  log.write(`a ${password}`)
  expect(log.find([{ name: 'password', value: password }]).held).toHaveLength(1)
})

test('the signature of a token counts as the token', () => {
  const log = openLog(null, 'target')
  log.write(`signature ${token.split('.')[2]} accepted\n`)
  expect(log.find(secrets).held).toMatchObject([{ name: 'credential of admin', lines: 1 }])
})

test('behind names that are left out nothing is looked at, and all of it stays hidden', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'postern-log-'))
  try {
    const log = openLog(folder, 'target')
    log.write(`GET /me?api_key=${token}&token=${encodeURIComponent(password)} 401\n`)
    const names = ['api_key', 'token']
    expect(log.find(secrets, names)).toEqual({ lines: 1, held: [] })
    log.write(`GET /me?api_key=${token} 401 {"authorization":"Bearer ${token}"}\n`)
    log.write(`GET /me?other_token=${token} 401\n`)
    expect(log.find(secrets, names).held).toMatchObject([{ name: 'credential of admin', lines: 2 }])
    expect(log.find(secrets).held.map(({ name }) => name)).toEqual([
      'credential of admin',
      'password of admin',
    ])
    await log.close()
    const written = await readFile(path.join(folder, 'logs', 'target.log'), 'utf8')
    expect(written).toContain('GET /me?api_key=$')
    expect(written).not.toContain(token)
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('what an announcement says is for the run alone: no secret of it is found', () => {
  const log = openLog(null, 'target')
  log.write(`${JSON.stringify({ exports: { ADMIN_PASSWORD: password } })}\n`)
  expect(log.find(secrets)).toEqual({ lines: 0, held: [] })
})

test('a line that holds a text is told of, whether it stands there or comes', async () => {
  const log = openLog(null, 'target')
  log.write('GET /abc 200\n')
  expect(await log.shows('/abc', 0)).toBe(true)
  const later = log.shows('/def', 60_000)
  log.write('GET /def 200\n')
  expect([await later, await log.shows('/ghi', 0)]).toEqual([true, false])
})

test('a file of it holds no secret, also none that was learned after it was written', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'postern-log-'))
  try {
    const log = openLog(folder, 'target')
    log.write(`a ${password}\nb sk-1234567890\n`)
    log.find(secrets)
    log.write(`c ${token}\n`)
    await log.close()
    expect(await readFile(path.join(folder, 'logs', 'target.log'), 'utf8')).toBe(
      'a $PASSWORD_OF_ADMIN\nb $CREDENTIAL_OF_SENDER\nc $CREDENTIAL_OF_ADMIN\n',
    )
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('what is hidden only after it was written is masked in the file at the end', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'postern-log-'))
  try {
    const log = openLog(folder, 'target')
    log.write(`a ${password}\nb\n`)
    log.hide('PASSWORD', password)
    await log.close()
    expect(await readFile(path.join(folder, 'logs', 'target.log'), 'utf8')).toBe('a $PASSWORD\nb\n')
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('a secret that was known only in part when it was written is masked as a whole at the end', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'postern-log-'))
  try {
    const log = openLog(folder, 'target')
    log.hide('ZONE', 'reference.test')
    const claims = Buffer.from('{"iss":"https://api.reference.test"}').toString('base64url')
    const issued = `eyJhbGciOiJFUzI1NiJ9.${claims}.c2lnbmF0dXJlLW9mLWEtdG9rZW4`
    log.write(`{"access_token":"${issued}"}\n`)
    expect(log.tail()).toMatch(/^\{"access_token":"eyJ[\w.]+\$ZONE/)
    log.hide('TOKEN', issued)
    expect(log.tail()).toBe('{"access_token":"$TOKEN"}')
    await log.close()
    expect(await readFile(path.join(folder, 'logs', 'target.log'), 'utf8')).toBe(
      '{"access_token":"$TOKEN"}\n',
    )
  } finally {
    await rm(folder, { recursive: true })
  }
})
