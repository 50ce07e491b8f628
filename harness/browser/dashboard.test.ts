import { expect, test } from 'vitest'
import { openDashboard } from '../../fixtures/reference-api/dashboard/browser.testing.ts'
import { sampleApi } from '../../fixtures/reference-api/sample-api.testing.ts'
import { excessOf, looks, openedPages, violationsIn } from './opened.testing.ts'

const { newPage, written } = openedPages()

test('the reference API’s dashboard is readable on screens of any size, in any light, and by programs that read aloud', async () => {
  const api = await sampleApi()
  const token = await api.signIn('ADMIN')
  const template = { name: 'Welcome', subject: 'Hello', html: '<p>Hello</p>' }
  const { body } = await api.call('post', '/v1/templates', token).send(template)
  await api.call('get', '/v1/me', token).set('user-agent', 'x'.repeat(300))
  const { get } = await openDashboard(api)
  const shown = ['sign-in', 'activity', 'keys', 'domains', 'templates', `templates/${body.id}`]
  for (const name of shown) {
    const { text } = await get(`/dashboard/${name}`)
    const address = await written(text)
    for (const [width, colorScheme] of looks) {
      const page = await newPage({ viewport: { width, height: 900 }, colorScheme })
      await page.goto(address)
      expect(await excessOf(page), `${name} at ${width}`).toBeLessThanOrEqual(0)
      expect(await violationsIn(page), `${name} at ${width}, ${colorScheme}`).toEqual([])
      await page.close()
    }
  }
})
