#!/usr/bin/env node
import { delimiter } from 'node:path'
import { fileURLToPath } from 'node:url'
import { setFlagsFromString } from 'node:v8'

// Plain JavaScript, so that a Node too old for the rest still gets as far as this message.
const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 24 || (major === 24 && minor < 12)) {
  process.stderr.write(
    `postern needs Node 24.12 or later and runs on ${process.versions.node}.\n` +
      'The project brings its own: call it through npm (`npm test`, `npm exec postern -- run`), ' +
      'and install with optional dependencies (`npm ci`, without --omit=optional).\n',
  )
  process.exit(3)
}
// What a run starts, such as a target, finds the project's own Node first, as it does below npm.
const own = fileURLToPath(new URL('../node_modules/.bin', import.meta.url))
process.env['PATH'] = [own, process.env['PATH'] ?? ''].join(delimiter)
// Left to themselves the threads of a run let garbage pile up to what the machine has; this bounds the pile, in MB a thread.
// A proof starts some two hundred targets, and may take more room for them.
setFlagsFromString(`--max-semi-space-size=${process.argv[2] === 'prove' ? 8 : 2}`)
setFlagsFromString('--max-old-space-size=256')
// Every processor is at work already: helping threads only cost.
setFlagsFromString('--single-threaded-gc')
await import('./cli.ts')
