#!/usr/bin/env node
import { existsSync, readFileSync } from 'node:fs'
import * as modules from 'node:module'
import { delimiter } from 'node:path'
import { fileURLToPath } from 'node:url'
import { setFlagsFromString } from 'node:v8'

// Plain JavaScript, so that a Node too old for the rest still gets as far as this message.
const { engines } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
const [least] = /\d+\.\d+/.exec(engines.node)
const ordinal = (version) => {
  const [major, minor] = version.split('.').map(Number)
  return 1000 * major + minor
}
const isRepository = existsSync(new URL('./cli.ts', import.meta.url))
if (ordinal(process.versions.node) < ordinal(least)) {
  process.stderr.write(
    `postern needs Node ${least} or later and runs on ${process.versions.node}.\n${
      isRepository
        ? 'The project brings its own: call it through npm (`npm test`, `npm exec postern -- run`), and install with optional dependencies (`npm ci`, without --omit=optional).\n'
        : 'Install a later one, such as https://nodejs.org has it.\n'
    }`,
  )
  process.exit(3)
}
if (isRepository) {
  // Types are taken out of the sources once, and not at every start. In a folder that nobody else writes to.
  modules.enableCompileCache?.(fileURLToPath(new URL('../node_modules/.cache/compiled', import.meta.url)))
  // What a run starts, such as a target, finds the project's own Node first, as it does below npm.
  const own = fileURLToPath(new URL('../node_modules/.bin', import.meta.url))
  process.env['PATH'] = [own, process.env['PATH'] ?? ''].join(delimiter)
}
// Left to themselves the threads of a run let garbage pile up to what the machine has; this bounds the pile, in MB a thread.
setFlagsFromString('--max-semi-space-size=8')
// A proof starts some two hundred targets, and may take more room for them.
setFlagsFromString(`--max-old-space-size=${process.argv[2] === 'prove' ? 512 : 256}`)
// Every processor is at work already: helping threads only cost. Node 22 dies of it when it is set while it runs.
if (isRepository) setFlagsFromString('--single-threaded-gc')
await import(isRepository ? './cli.ts' : './cli.js')
