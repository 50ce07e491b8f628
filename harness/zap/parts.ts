import type { Profile } from '../profile/shape.ts'
import { NotApplicable, Unproven } from '../verdicts.ts'
import type { HandedOptions } from './handed-document.ts'
import { handedDocument } from './handed-document.ts'
import type { Limits } from './limits.ts'
import { contextName, type Session, sawAccepted } from './session.ts'
import { records, text, ZapRefused } from './zap-client.ts'

/** Hands ZAP the document; its importer sends every operation once. Throws NotApplicable and Unproven. */
export async function importOpenApi(
  session: Session,
  source: Readonly<Record<string, unknown>>,
  options: HandedOptions,
): Promise<void> {
  const { api, addOns } = session.zap
  if (!addOns.has('openapi')) throw missing('openapi', 'the import of an OpenAPI document')
  const document = handedDocument(source, options)
  const before = await session.messages()
  const uploaded = await api.core
    .fileUpload({ filename: 'postern-openapi.json', filecontents: JSON.stringify(document) })
    .catch((error: unknown) => {
      if (!(error instanceof ZapRefused) || error.code !== 'bad_other') throw error
      throw new NotApplicable(
        'ZAP takes no files, and so no OpenAPI document; start it with -config api.filexfer=true',
      )
    })
  const target = (document['servers'] as { url: string }[])[0]?.url ?? options.url
  const [file, { contextId }] = [text(uploaded, 'Uploaded'), session]
  const imported = await api.openapi.importFile({ file, target, contextid: contextId })
  if ((await session.messages()) > before) return
  const warnings = records(imported, 'importFile').map(String).join('; ').slice(0, 300)
  throw new Unproven(
    `ZAP sent nothing after the import${warnings === '' ? '' : ` (it says: ${warnings})`}`,
    'see whether the document names operations that may be sent at this reach, and logs/zap.log',
  )
}

/** Reads that the profile knows of, then all that links lead to within the scope. */
export async function explore(session: Session, profile: Profile, limits: Limits): Promise<void> {
  const { api, addOns } = session.zap
  const { url } = profile.target
  const reads = Object.values(profile.operations)
    .filter(
      ({ method, path }) =>
        method === 'GET' && !path.includes('{') && limits.keeps(method, new URL(`${url}${path}`).pathname),
    )
    .map(({ path }) => `${url}${path}`)
  for (const seed of new Set([`${url}/`, ...reads]))
    await api.core.accessUrl({ url: seed, followredirects: 'false' }).catch((error: unknown) => {
      // What the target does not answer is no reason to stop.
      if (!(error instanceof ZapRefused)) throw error
    })
  if (!addOns.has('spider')) return
  const scanid = text(await api.spider.scan({ url: `${url}/`, contextname: contextName }), 'scan')
  await session.finish(
    'spider',
    async () => Number(text(await api.spider.status({ scanid }), 'status')),
    () => api.spider.stop({ scanid }),
  )
}

/** Waits for the passive rules to have looked at everything. Throws NotApplicable, Unproven and Cut. */
export async function scanPassively(session: Session, profile: Profile): Promise<void> {
  const { api, addOns } = session.zap
  if (!addOns.has('pscan')) throw missing('pscan', 'passive scanning')
  if (enabled(await api.pscan.scanners()) === 0) throw missing('pscanrules', 'the rules of a passive scan')
  const first = await session.messages()
  await session.finish(
    'passive scan',
    async () => {
      const left = Number(text(await api.pscan.recordsToScan(), 'recordsToScan'))
      return left === 0 ? 100 : Math.max(0, Math.min(99, Math.floor(100 * (1 - left / Math.max(first, 1)))))
    },
    async () => {},
  )
  if (await sawAccepted(session, new URL(profile.target.url).origin)) return
  throw new Unproven(
    'the target accepted nothing of what ZAP sent, so that the rules saw refusals alone',
    'see zap.principal and openapi in the profile',
  )
}

/** Attacks what ZAP knows of the target. Throws NotApplicable, HeldBack, Unproven and Cut. */
export async function scanActively(session: Session, limits: Limits): Promise<void> {
  const { api } = session.zap
  if (limits.noActiveScan !== null) throw limits.noActiveScan
  if (enabled(await api.ascan.scanners({})) === 0) throw missing('ascanrules', 'the rules of an active scan')
  const scanid = text(await api.ascan.scan({ contextid: session.contextId, recurse: 'true' }), 'scan')
  const sent = async () => records(await api.ascan.messagesIds({ scanid }), 'messagesIds').length
  await session.finish(
    'active scan',
    async () => {
      const percent = Number(text(await api.ascan.status({ scanid }), 'status'))
      session.count(await sent())
      return percent
    },
    () => api.ascan.stop({ scanid }),
  )
  if ((await sent()) > 0) return
  throw new Unproven(
    'the active scan sent nothing',
    'see what ZAP knows of the target: the part zap/openapi-import',
  )
}

function missing(addOn: string, what: string): NotApplicable {
  return new NotApplicable(
    `ZAP has no add-on ${addOn}, which brings ${what}; install it (zap.sh -addoninstall ${addOn}), or take the image zaproxy/zap-stable, which has it`,
  )
}

function enabled(answer: unknown): number {
  return records(answer, 'scanners').filter((rule) => text(rule, 'enabled') === 'true').length
}
