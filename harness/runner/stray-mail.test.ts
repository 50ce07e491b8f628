import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createTransport } from 'nodemailer'
import { expect, test } from 'vitest'
import { referenceProfile } from './reference-profile.ts'
import { createStrayMail } from './stray-mail.ts'
import { startWorld } from './world.ts'

test('mail for the sandbox of another machine is told, and everybody else’s is not', () => {
  const stray = createStrayMail((shard) => `s${shard}.Shop.test`, { index: 2, of: 11 })
  expect(stray(['a@inbox.sound.s2.shop.test', 'b@example.com'])).toBeNull()
  expect(stray(['a@inbox.sound.s1.shop.test'])).toMatch(
    /^mail for shard 1 came to shard 2, .* below s1\.shop\.test/,
  )
  expect(stray(['a@s2.shop.test', 'b@INBOX.sound.s11.shop.TEST'])).toMatch(/^mail for shard 11/)
})

test('where zones are random, or the same for all, nothing is told apart', () => {
  for (const zone of [undefined, 'shop.test'])
    expect(createStrayMail(() => zone, { index: 1, of: 2 })(['a@inbox.sound.shop.test'])).toBeNull()
})

test('at a target that all share it ends the run, since an absence here or there says nothing any more', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'postern-stray-'))
  const target = path.join(folder, 'target.yaml')
  await writeFile(
    target,
    `extends: ${referenceProfile}\nsandbox: { zone: "s\${run:shard}.stray.postern.test" }\n`,
  )
  const world = await startWorld({ target, place: { index: 1, of: 2, shared: true, share: { inFlight: 3 } } })
  try {
    expect(world.provided.sandbox.zone).toBe('s1.stray.postern.test')
    expect(world.profile.mail.inFlight).toBe(3)
    const { host, port } = world.provided.sandbox.exchangers.sound
    const transport = createTransport({ host, port, ignoreTLS: true })
    const send = (zone: string) =>
      transport.sendMail({ from: 'a@example.com', to: `b@inbox.sound.${zone}`, subject: 's', text: 't' })
    await send('s1.stray.postern.test')
    await send('s2.stray.postern.test')
    expect(await world.lostMeanwhile).toMatch(/^mail for shard 2 came to shard 1/)
    transport.close()
  } finally {
    await world.close()
    await rm(folder, { recursive: true })
  }
})
