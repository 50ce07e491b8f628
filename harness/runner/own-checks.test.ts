import { cp, mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import { root } from '../tree.ts'
import { inPlace, type Place } from './spawned.testing.ts'

const example = path.join(root, 'fixtures/own-checks')
const id = 'mails/no-one-click-unsubscribe'

/** A folder of checks with these texts, below the project, so that its packages are found. */
async function suitesOf({ folder }: Place, files: Readonly<Record<string, string>>): Promise<string> {
  const suites = path.join(folder, 'checks')
  await mkdir(suites)
  for (const [name, text] of Object.entries(files)) {
    await mkdir(path.join(suites, path.dirname(name)), { recursive: true })
    await writeFile(path.join(suites, name), text)
  }
  return suites
}

test('a check of one’s own runs beside the others, passes and fails by what it sees', async () => {
  await inPlace(async (place) => {
    const text = await readFile(path.join(example, `${id}.check.ts`), 'utf8')
    const kit = path.join(root, 'harness/check/check.ts')
    const other = text
      .replace("'postern/check'", `'${kit}'`)
      .replace('list-unsubscribe-post:', 'x-house-mark:')
    const own = await suitesOf(place, { 'house/no-mark.check.ts': other })
    await cp(path.join(example, 'mails'), path.join(own, 'mails'), { recursive: true })
    await writeFile(path.join(own, `${id}.check.ts`), text.replace("'postern/check'", `'${kit}'`))
    const flags = ['--suites', own, '--check', id, '--suite', 'house']
    const { code, stdout } = await place.postern([
      ...['run', ...flags, '--out', place.out, '--fail-on', 'low'],
    ]).ended
    expect(stdout).toContain('1 passed')
    expect(code).toBe(1)
    expect((await place.report()).outcomes).toMatchObject([
      { check: 'house/no-mark', file: 'checks/house/no-mark.check.ts', verdict: 'fail', proof: null },
      { check: id, verdict: 'pass', weaknesses: [] },
    ])
  })
})

const twice = `import { about, test } from '${path.join(root, 'harness/check/check.ts')}'
const said = about({ practices: ['P27'], severity: 'low', problem: 'p', why: 'w', remediation: { effort: 'low', how: 'h' }, references: 'r', needs: [], reach: 'safe' })
for (const title of ['one', 'another']) test(title, said, async ({ verify }) => void verify.held(true, ''))
`

const slow = `import { about, test } from '${path.join(root, 'harness/check/check.ts')}'
const said = about({ practices: ['P27'], severity: 'medium', problem: 'p', why: 'w', remediation: { effort: 'low', how: 'h' }, references: 'r', needs: ['message.send:to'], reach: 'safe' })
test('one', said, async ({ mailbox, post, verify }) => {
  await verify.each([{ name: 'late' }, { name: 'never' }], async ({ name }) => {
    const hidden = mailbox.address()
    const sent = await post.send()
    await sent.delivered()
    await sent.passedBy(hidden)
    if (name === 'never') return
    await post.send({ to: hidden })
    await verify.fenced()
  })
})
`

test('mail that comes once its absence was judged leaves nothing proven', async () => {
  await inPlace(async (place) => {
    const own = await suitesOf(place, { 'house/late.check.ts': slow })
    const { code } = await place.postern(['run', '--suites', own, '--suite', 'house', '--out', place.out])
      .ended
    expect((await place.report()).outcomes).toMatchObject([
      {
        verdict: 'unproven',
        reason: expect.stringMatching(/^1 of 2 variants could not be judged, first late: mail came after/),
        variants: [
          { name: 'late', state: 'unjudged' },
          { name: 'never', state: 'held' },
        ],
      },
    ])
    expect(code).toBe(2)
  })
})

test.each([
  ['no checks', {}, /expected checks in .*checks, each a file <suite>.*seen none/],
  [
    'a name that Postern has',
    { 'injection/crlf-subject.check.ts': '' },
    /expected names that no check of Postern has, .*; seen injection\/crlf-subject; rename/,
  ],
  ['a suite called as ZAP’s parts are', { 'zap/a.check.ts': '' }, /and no suite zap; seen zap\/a; rename/],
  [
    'two of one name',
    { 'house/a.check.ts': '', 'house/a.check.mjs': '' },
    /expected one file for house\/a; seen .*; rename one/,
  ],
  [
    'one in the wrong place',
    { 'house/a.check.ts': '', 'house/deep/b.check.ts': '' },
    /seen house\/deep\/b\.check\.ts; move or rename it/,
  ],
  [
    'a file without a check',
    { 'house/none.check.ts': 'export {}' },
    /house\/none: expected a check in its file/,
  ],
  [
    'a file with two',
    { 'house/two.check.ts': twice },
    /house\/two: expected one check in its file; seen two/,
  ],
  [
    'what cannot be loaded',
    { 'house/broken.check.ts': 'import "nowhere"' },
    /could not be loaded: .*house\/broken\.check\.ts: .*nowhere/,
  ],
])('a folder with %s ends it before anything is sent', async (_what, files, error) => {
  await inPlace(async (place) => {
    const own = await suitesOf(place, files)
    const { code, stderr } = await place.postern(['checks', '--suites', own]).ended
    expect(stderr).toMatch(error)
    expect(code).toBeGreaterThan(1)
  })
})
