import type { Browser } from '@playwright/test'
import { expect, test } from 'vitest'
import { Unproven } from '../verdicts.ts'
import { createPages } from './pages.ts'

/** A browser that fails at the first thing it is asked for, and lives or is dead by then. */
function failing(message: string, isConnected: boolean): Browser {
  const browser = {
    isConnected: () => isConnected,
    newContext: () => Promise.reject(new Error(message)),
    close: async () => {},
  }
  return browser as unknown as Browser
}

const closed = 'Target page, context or browser has been closed'

test('a browser that died is started again once, and then the page is unproven in words', async () => {
  let launched = 0
  const pages = createPages('http://127.0.0.1:1', async () => {
    launched++
    return failing(closed, false)
  })
  const error = await pages.open({ html: '' }).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(Unproven)
  expect(String(error)).toMatch(/the browser ended by itself, and so did another one/)
  expect(String(error)).not.toContain(closed)
  expect(launched).toBe(2)
  await pages.close()
})

test('pages that were open when it died share the one that is started in its place', async () => {
  const browsers = [failing(closed, false), failing('its own fault', true)]
  let launched = 0
  const pages = createPages(
    'http://127.0.0.1:1',
    async () => browsers[launched++] ?? failing('a third', true),
  )
  const opened = await Promise.allSettled([pages.open({ html: '1' }), pages.open({ html: '2' })])
  // What the living one throws is an error as before.
  expect(opened.map((one) => one.status === 'rejected' && String(one.reason))).toEqual([
    ...['Error: its own fault', 'Error: its own fault'],
  ])
  expect(launched).toBe(2)
  await pages.close()
})
