import { execFile } from 'node:child_process'
import { access, readFile } from 'node:fs/promises'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { root } from './tree.ts'

const pages = [
  'README.md',
  'SKILL.md',
  'docs/usage.md',
  'docs/targets.md',
  'docs/findings.md',
  'docs/newcomer.md',
]

/** Lines of a shell in the blocks of a page; what goes on in the next line is one. */
function shellLines(page: string): string[] {
  const blocks = [...page.matchAll(/^```sh\n(.*?)^```/gms)].map(([, block = '']) => block)
  return blocks.flatMap((block) => block.replaceAll(/\\\n/g, ' ').split('\n'))
}

test('the skill says by name what it is, and when it is of use', async () => {
  const [, front = ''] = /^---\n(.*?)\n---\n/s.exec(await readFile(`${root}SKILL.md`, 'utf8')) ?? []
  const { name, description, ...others } = parse(front) as Record<string, string>
  expect(name).toMatch(/^[a-z0-9-]{1,64}$/)
  expect(description).toMatch(/Use when/)
  expect(description?.length).toBeLessThanOrEqual(1024)
  expect(others).toEqual({})
})

test.each(pages)('each command and each flag that %s shows is one', async (page) => {
  const lines = shellLines(await readFile(`${root}${page}`, 'utf8'))
  const calls = lines.flatMap((line) => /^postern ([a-z]+)([^#]*)/.exec(line.trim())?.slice(1, 3) ?? [])
  for (let at = 0; at < calls.length; at += 2) {
    const [command = '', rest = ''] = [calls[at], calls[at + 1]]
    const { stdout } = await promisify(execFile)(process.execPath, [
      `${root}harness/postern.js`,
      command,
      '--help',
    ])
    expect(stdout).toContain(`postern ${command}`)
    for (const [flag] of rest.matchAll(/(?<= )--[a-z-]+/g))
      expect(stdout, `${command} ${flag}`).toContain(flag)
  }
})

test.each([...pages, 'CONTRIBUTING.md'])('each link of %s leads to something', async (page) => {
  const text = await readFile(`${root}${page}`, 'utf8')
  const links = [...text.replaceAll(/^```.*?^```/gms, '').matchAll(/\]\(([^)\s]+)\)/g)].map(
    ([, to = '']) => to,
  )
  for (const to of links.filter((each) => !/^(?:https?:|#)/.test(each)))
    await expect(access(new URL(to, pathToFileURL(`${root}${page}`))), to).resolves.toBeUndefined()
})
