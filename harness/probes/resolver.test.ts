import { expect, test } from 'vitest'
import { onceMore } from './resolver.ts'

function answering(...codes: readonly (string | null)[]) {
  let asked = 0
  const ask = async () => {
    const code = codes[asked++] ?? null
    if (code !== null) throw Object.assign(new Error(code), { code })
    return [['v=spf1 -all']]
  }
  return { ask: onceMore(ask), asked: () => asked }
}

test('a question that was not answered in time is asked once more, and any other answer is taken as it is', async () => {
  const late = answering('ETIMEOUT')
  expect(await late.ask('a.test', 'TXT')).toEqual([['v=spf1 -all']])
  const silent = answering('ETIMEOUT', 'ETIMEOUT')
  await expect(silent.ask('a.test', 'TXT')).rejects.toMatchObject({ code: 'ETIMEOUT' })
  expect(silent.asked()).toBe(2)
  const refusing = answering('EREFUSED')
  await expect(refusing.ask('a.test', 'TXT')).rejects.toMatchObject({ code: 'EREFUSED' })
  expect(refusing.asked()).toBe(1)
})
