import { expect, test } from 'vitest'
import { scriptsOf, sourceMapsOf } from './linked-files.ts'

const at = new URL('https://api.test/app/index.html')

test('a page names its scripts, those of other hosts left out', () => {
  const html = `<script src="main.js?v=2"></script><script src=/config.js></script>
    <link rel="manifest" href="/manifest.json"><script src="https://cdn.test/x.js"></script><a href="/about">`
  expect(scriptsOf(html, at)).toEqual(['/app/main.js?v=2', '/config.js', '/manifest.json'])
})

test.each([
  ['f()\n//# sourceMappingURL=main.js.map', ['/app/main.js.map']],
  ['f()', ['/app/main.js.map']],
  ['f()\n//# sourceMappingURL=data:application/json;base64,e30=', []],
  ['f()\n/*# sourceMappingURL=https://maps.test/x.map */', []],
])('%j has its map', (script, maps) => {
  expect(sourceMapsOf(script, new URL('/app/main.js', at))).toEqual(maps)
})
