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

test('what is made without a mark is a mistake, told after what is used without being named', () => {
  const usage = createUsage()
  usage.used('contact.create')
  expect(usage.mistake(['contact.create'])).toBeNull()
  usage.unmarked('contact.create')
  expect(usage.mistake(['contact.create'])).toMatch(
    /^makes what nothing tells from the rest by contact.create: /,
  )
  expect(usage.mistake([])).toMatch(/^uses contact.create: /)
})

test('an operation beyond our words is asked for as a whole', () => {
  const usage = createUsage()
  usage.asked('campaign.create')
  usage.used('campaign.create', ['title', 'lists'])
  usage.used('campaign.delete', ['id'])
  expect(usage.undeclared([])).toEqual(['campaign.delete'])
})
