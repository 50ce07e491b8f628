import { spawnSync } from 'node:child_process'
import { glob, mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, vi } from 'vitest'
import type { Report } from './model.ts'
import { testWith } from './runner/parts.testing.ts'
import { inPlace } from './runner/spawned.testing.ts'
import { root } from './tree.ts'

// What it installs comes from a registry, and runs are whole.
vi.setConfig({ testTimeout: 0, hookTimeout: 0 })

const nodes = (process.env['NODES'] ?? '').split(':').filter(Boolean)
const missing = nodes.length > 0 ? null : 'NODES names no folders of Nodes, as .ci/nodes prepares them'

let made: string
let tarballs: { readonly postern: string; readonly reference: string }

beforeAll(async () => {
  if (missing !== null) return
  made = await mkdtemp(path.join(tmpdir(), 'postern-packages-'))
  const { stdout, stderr } = spawnSync('npm', ['run', '--silent', 'packages', '--', made], {
    ...{ cwd: root, encoding: 'utf8' },
  })
  const [postern, reference] = stdout.trim().split('\n')
  if (postern === undefined || reference === undefined) throw new Error(`no packages: ${stdout}${stderr}`)
  tarballs = { postern, reference }
})
afterAll(async () => {
  if (missing === null) await rm(made, { recursive: true })
})

/** Free when it was asked for. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** For a script: npm’s own variables are of whoever runs the tests; the first Node is the one that is tried. */
const begins = (node: string) => `
set -e
unset $(env | grep -oE '^(npm_[^=]*|INIT_CWD)') || true
export PATH=${node}:$PATH npm_config_fund=false npm_config_audit=false npm_config_update_notifier=false
code() { local code=0; "$@" || code=$?; echo "code $code"; }
`

for (const node of nodes.length > 0 ? nodes : ['none']) {
  const version = /[\d.]+(?=\/node_modules)/.exec(node)?.[0] ?? node

  testWith('nodes', missing)(
    `installed into an empty folder it makes a profile and finds what is wrong, on Node ${version}`,
    async () => {
      await inPlace(async (place) => {
        const port = await freePort()
        const { code, stdout, stderr } = await place.bash(`${begins(node)}
npm install --silent --save-dev ${tarballs.postern}
echo "packages $(npm ls --all --parseable | tail -n +2 | sort -u | wc -l)"
echo "megabytes $(du -sm node_modules | cut -f1)"

npm install --silent --prefix api ${tarballs.reference}
api/node_modules/.bin/postern-reference --zone mail.example.com --port 0 --seed --self-signed "$PWD/cert.pem" \
  --relay smtp+cleartext://127.0.0.1:${port} --weakness lists-what-every-tenant-has >api.json 2>api.log &
until grep -q exports api.json; do kill -0 $! || { cat api.log; exit 1; }; sleep 0.2; done
value() { node -p "JSON.parse(require('fs').readFileSync('api.json')).$1"; }
npx postern init --openapi "$(value url)/openapi.json" --ca cert.pem --from postmaster@acme.mail.example.com --port ${port}
export ADMIN_EMAIL=admin@acme.mail.example.com NEIGHBOUR_EMAIL=admin@globex.mail.example.com
export NEIGHBOUR_FROM=news@globex.mail.example.com ADMIN_PASSWORD=$(value exports.REFERENCE_ADMIN_PASSWORD)
export NEIGHBOUR_PASSWORD=$(value exports.REFERENCE_NEIGHBOUR_PASSWORD) SENDER_KEY=$(value exports.REFERENCE_SENDER_KEY)
npx postern validate --target target.yaml
code npx postern run --target target.yaml --fail-on high

mkdir checks && cp -r ${root}fixtures/own-checks/mails checks/
types() { ${root}node_modules/.bin/tsc --noEmit --strict --skipLibCheck --target es2024 --module nodenext --typeRoots ${root}node_modules/@types --types node "$1"; }
types checks/mails/no-one-click-unsubscribe.check.ts
sed "s/'message.send'/'message.sent'/" checks/mails/*.ts >wrong.ts
code types wrong.ts
code npx postern run --target target.yaml --suites checks --suite mails --out own`).ended
        expect(stdout, stderr).toContain('code')
        const [packages, megabytes] = [...stdout.matchAll(/^(?:packages|megabytes) (\d+)$/gm)].map((m) =>
          Number(m[1]),
        )
        expect(packages).toBeLessThanOrEqual(200)
        expect(megabytes).toBeLessThanOrEqual(150)
        expect([...stdout.matchAll(/^code (\d)$/gm)].map((m) => m[1])).toEqual(['1', '1', '0'])
        expect(code).toBe(0)
        const report = JSON.parse(
          await readFile(path.join(place.folder, 'reports/out/report.json'), 'utf8'),
        ) as Report
        const failed = report.outcomes.filter(({ verdict }) => verdict === 'fail').map(({ check }) => check)
        expect(failed).toContain('access/bola-read')
        expect(report.outcomes.filter(({ verdict }) => verdict === 'error')).toEqual([])
        expect(report.outcomes.filter(({ proof }) => proof === null)).toEqual([])
      })
    },
  )

  // What it says is the same on each; the oldest is the likeliest to fail.
  if (node !== nodes[0] && nodes.length > 0) continue
  testWith('nodes', missing)(
    `with the embedded reference API beside it, it says what else to install for what, on Node ${version}`,
    async () => {
      await inPlace(async ({ bash }) => {
        const { code, stdout, stderr } = await bash(`${begins(node)}
npm install --silent --save-dev ${tarballs.postern}
code npx postern run
npm install --silent --save-dev ${tarballs.reference}
code npx postern run --suite tls --check smtp/out-cert --check injection/crlf-subject
code npx postern run --check injection/crlf-subject --weakness passes-line-breaks-on
code npx postern run --check headers/open-redirect
printf 'name: a\\ntarget: { url: "https://127.0.0.1:1", container: { image: a, ports: [1] } }\\nprincipals: { anonymous: { none: true } }\\noperations: { message.get: { method: GET, path: / } }\\nmail: { from: a@example.com }\\n' >target.yaml
code npx postern run --target target.yaml
code npx postern prove`).ended
        expect(
          [...stdout.matchAll(/^code (\d)$/gm)].map((m) => m[1]),
          stdout + stderr,
        ).toEqual([...['3', '0', '1', '2', '2', '3']])
        expect(stderr).toContain('install the tarball of it')
        expect(stdout).toContain('npm install --save-dev @playwright/test @sparticuz/chromium')
        expect(stderr).toContain('npm install --save-dev testcontainers')
        expect(code).toBe(0)
      })
    },
  )
}

testWith('nodes', missing)(
  'the benchmark says of each weakness by which checks it is to be found',
  async () => {
    const { stdout } = spawnSync('tar', ['-xzOf', tarballs.reference, 'package/expected.json'], {
      encoding: 'utf8',
    })
    const expected = JSON.parse(stdout) as Record<string, { touches: string; checks: string[] }>
    expect(expected['passes-line-breaks-on']).toEqual({
      touches: 'message.send',
      checks: expect.arrayContaining(['injection/crlf-subject']),
    })
    expect(Object.entries(expected).filter(([, { checks }]) => checks.length === 0)).toEqual([])
    const proofs = await Array.fromAsync(glob('suites/*/proofs/*.json', { cwd: root }))
    expect(new Set(Object.values(expected).flatMap(({ checks }) => checks)).size).toBe(proofs.length)
  },
)
