import { expect, test } from 'vitest'
import { createUsage } from './usage.ts'

test('whoever needs an operation needs what it is not itself without', () => {
  const usage = createUsage()
  usage.used('message.send', ['to', 'subject'])
  usage.used('suppression.delete', ['email'])
  usage.used('contact.update', ['id', 'email'])
  expect(usage.undeclared(['message.send', 'suppression.delete', 'contact.update'])).toEqual([
    'contact.update:email',
    'message.send:subject',
  ])
})

test('an operation beyond our words is asked for as a whole', () => {
  const usage = createUsage()
  usage.asked('webhook.create')
  usage.used('webhook.create', ['url', 'events'])
  usage.used('webhook.delete', ['id'])
  expect(usage.undeclared([])).toEqual(['webhook.delete'])
})
