import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { madeIn } from '../made-values.ts'
import { readAuthenticator } from './totp.ts'

/** The secret of RFC 6238, Appendix B: "12345678901234567890". */
const secret = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'

test.for([
  [59, '94287082'],
  [1111111109, '07081804'],
  [1111111111, '14050471'],
  [1234567890, '89005924'],
  [2000000000, '69279037'],
  [20000000000, '65353130'],
])('the codes of RFC 6238: %s', ([time, code]) => {
  const read = readAuthenticator({ uri: `otpauth://totp/x?secret=${secret}&digits=8` })
  expect(read?.codeAt(read.stepAt(Number(time) * 1000))).toBe(code)
})

test.for([
  ['sha1', secret, 6],
  ['SHA256', `${secret}GEZDGNBVGY3TQOJQGEZA`, 8],
  ['SHA512', secret, 7],
])('a line makes the same code anew: %s', async ([algorithm, key, digits]) => {
  const uri = `otpauth://totp/x?secret=${key}&digits=${digits}&algorithm=${algorithm}&period=3600`
  const read = readAuthenticator({ uri })
  const code = read?.codeAt(read.stepAt(Date.now()) - 2) ?? ''
  const [[, made] = []] = madeIn(`{"code":"${code}"}`)
  expect(made?.of).toEqual([key])
  const { stdout } = await promisify(execFile)('sh', ['-c', made?.command([`'${key}'`], String) ?? ''])
  expect(stdout).toBe(code)
})

test('a secret by itself has six digits of half a minute', () => {
  const read = readAuthenticator({ secret: 'gezd gnbv gy3t qojq gezd gnbv gy3t qojq' })
  expect([read?.period, read?.codeAt(1), read?.secret]).toEqual([30, '287082', secret])
})

test.for([
  [{}],
  [{ uri: '', secret: '' }],
  [{ uri: 7, secret: ['a'] }],
  [{ uri: `otpauth://hotp/x?secret=${secret}&counter=1` }],
  [{ uri: `otpauth://totp/x?secret=${secret}&period=0` }],
  [{ uri: `otpauth://totp/x?secret=${secret}&period=99999` }],
  [{ uri: `otpauth://totp/x?secret=${secret}&digits=99999999` }],
  [{ uri: 'otpauth://totp/x' }],
  [{ secret: '!' }],
  [{ secret: 'A'.repeat(5000) }],
])('what no phone could use is none: %j', ([given]) => {
  expect(readAuthenticator(given ?? {})).toBeNull()
})
