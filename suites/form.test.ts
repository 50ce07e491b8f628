import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { checkFiles, collectChecks } from '../harness/runner/checks.ts'

/** Lines. What is longer tells two stories, or says by hand what the kit or a step should. */
const [longestBody, longestFile] = [40, 60]

/** The few that may be longer, and why. */
const longer: Readonly<Record<string, string>> = {
  'access/sender-unverified': 'sixteen weaknesses, a line each',
  'auth/anon-access': 'twenty-two weaknesses, a line each',
  'auth/jwt-alg-none': 'two ways to leave a signature away, each written out',
  'content/links': 'eleven weaknesses, a line each',
  'headers/html-surfaces': 'pages of three kinds, a step to import each',
  'injection/smtp-envelope': 'five steps to import, a line each',
  'injection/stored-output': 'nine weaknesses, a line each',
}

/** As the formatter writes it: the last argument of the call. */
const body = /^ {2}async (?:\([^)]*\)|\(\{[^}]*\}\)) => \{\n([\s\S]*?)^ {2}\},$/m

test('a check is a story of four paragraphs, and its file holds no more', async () => {
  const sizes = await Promise.all(
    [...(await checkFiles())].map(async ([id, file]) => {
      const text = await readFile(file, 'utf8')
      const inner = body.exec(text)?.[1]
      if (inner === undefined) throw new Error(`${id}: no body was found in ${file}`)
      return { id, lines: text.split('\n').length - 1, inBody: inner.split('\n').length - 1 }
    }),
  )
  const long = sizes.filter(({ lines, inBody }) => lines > longestFile || inBody > longestBody)
  expect(long.map(({ id }) => id).sort()).toEqual(Object.keys(longer))
})

test('the problem of a check is a line that a list of problems can hold, and says what is, not what must be', async () => {
  const problems = (await collectChecks()).map(({ id, problem, title }) => ({ id, problem, title }))
  const isLine = (problem: string) => /^[A-Z].{10,108}[^.]$/.test(problem)
  expect(problems.filter(({ problem, title }) => !isLine(problem) || problem === title)).toEqual([])
  expect(new Set(problems.map(({ problem }) => problem)).size).toBe(problems.length)
})
