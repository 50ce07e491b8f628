import { Ajv2020 } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import { expect, test } from 'vitest'
import type {
  Access,
  Basis,
  Envelope,
  Evidence,
  Finding,
  Leftovers,
  MailPath,
  Outcome,
  Remediation,
  Report,
  TlsFacts,
  Untried,
  VariantOutcome,
} from '../harness/model.ts'
import {
  cellChannelNames,
  channelNames,
  expectations,
  permissions,
  personalities,
  practices,
  reaches,
  severities,
  sights,
  verdicts,
} from '../harness/model.ts'
import { toJson } from './json.ts'
import schema from './report.schema.json' with { type: 'json' }
import { sample, sampleWithBaseline } from './sample.testing.ts'

const ajv = new Ajv2020({ strict: true, allErrors: true, allowUnionTypes: true, strictRequired: false })
formats.default(ajv)
const valid = ajv.compile<Report>(schema)

const partial: Report = { ...sample, complete: false, incompleteBecause: 'the target vanished', exitCode: 2 }

const part = { index: 2, of: 4, digest: 'a'.repeat(64), shared: true, last: false }

test.each<[string, Report]>([
  ['every verdict and kind of evidence', sample],
  ['a partial run', partial],
  ['a run of nothing', { ...sample, outcomes: [], exitCode: 2 }],
  ['a run that has not yet cleaned up', { ...sample, leftovers: null }],
  [
    'what was written before a verdict said what it rests on',
    {
      ...sample,
      schemaVersion: '2.1',
      outcomes: sample.outcomes.map(({ basis: _, ...outcome }: Outcome) => outcome),
    },
  ],
  ['a part of a run', { ...sample, shard: part }],
])('the schema accepts %s', (_name, report) => {
  const document: unknown = JSON.parse(toJson(report))
  valid(document)
  expect(valid.errors).toBeNull()
  expect(document).toEqual(report)
})

const unexplained = { name: 'CR LF', state: 'unjudged', reason: null }
const withFirst = (changes: object) => ({ ...sample, outcomes: [{ ...sample.outcomes[0], ...changes }] })

test.each([
  ['a property nobody described', { ...sample, extra: 1 }],
  ['a fail without a finding', withFirst({ findings: [] })],
  ['a partial run that does not say why', { ...partial, incompleteBecause: null }],
  ['a partial run that counts as good', { ...partial, exitCode: 0 }],
  ['a practice that the catalogue does not have', withFirst({ practices: ['P36'] })],
  ['a variant that was not judged and does not say why', withFirst({ variants: [unexplained] })],
  ['a basis that does not say what held', withFirst({ basis: { startedAt: 1 } })],
  ['another version', { ...sample, schemaVersion: '1.0' }],
  ['a part that does not say of what', { ...sample, shard: { index: 1, of: 2, shared: false, last: false } }],
])('the schema refuses %s', (_name, document) => {
  expect(valid(document)).toBe(false)
})

// The compiler keeps these lists whole: a property more or less in the model does not compile.
type Keys<T> = Record<keyof T, true>
const ofReport: Keys<Report> = {
  schemaVersion: true,
  tool: true,
  complete: true,
  incompleteBecause: true,
  target: true,
  driver: true,
  shard: true,
  reach: true,
  failOn: true,
  baseline: true,
  previous: true,
  startedAt: true,
  finishedAt: true,
  seed: true,
  exitCode: true,
  outcomes: true,
  notSelected: true,
  leftovers: true,
}
const ofOutcome: Keys<Outcome> = {
  check: true,
  file: true,
  title: true,
  practices: true,
  severity: true,
  problem: true,
  why: true,
  remediation: true,
  references: true,
  reach: true,
  judge: true,
  weaknesses: true,
  verdict: true,
  reason: true,
  requests: true,
  milliseconds: true,
  findings: true,
  variants: true,
  proof: true,
  basis: true,
}
const ofBasis: Keys<Basis> = {
  startedAt: true,
  guards: true,
  baselines: true,
  fences: true,
  observations: true,
  callers: true,
  channels: true,
  seen: true,
  access: true,
  untried: true,
  mail: true,
}
const ofAccess: Keys<Access> = {
  principal: true,
  operation: true,
  permission: true,
  state: true,
  channel: true,
  domain: true,
  seen: true,
}
const ofUntried: Keys<Untried> = {
  principal: true,
  operation: true,
  permission: true,
  channel: true,
  domain: true,
}
const ofMailPath: Keys<MailPath> = {
  variant: true,
  peer: true,
  helo: true,
  host: true,
  tls: true,
  received: true,
  spf: true,
  dkim: true,
  dmarc: true,
}
const ofLeftovers: Keys<Leftovers> = { objects: true, lines: true, lost: true, mails: true }
const ofRemediation: Keys<Remediation> = { effort: true, how: true, before: true, after: true }
const ofVariant: Keys<VariantOutcome> = { name: true, state: true, reason: true }
const efforts: Record<`${Remediation['effort']}`, true> = { low: true, medium: true, high: true, null: true }
const states: Record<VariantOutcome['state'], true> = {
  held: true,
  violated: true,
  unjudged: true,
  'not-applicable': true,
  'held-back': true,
}
const ofFinding: Keys<Finding> = {
  operation: true,
  variant: true,
  severity: true,
  expected: true,
  actual: true,
  evidence: true,
  reproduce: true,
  alsoSeenBy: true,
  accepted: true,
  location: true,
}
const ofEnvelope: Keys<Envelope> = { from: true, to: true }
const ofTls: Keys<TlsFacts> = { version: true, cipher: true, serverName: true, begun: true }
const ofEvidence: { [Kind in Evidence['kind']]: Keys<Extract<Evidence, { kind: Kind }>> } = {
  exchange: { kind: true, request: true, response: true, at: true },
  delivery: { kind: true, envelope: true, personality: true, tls: true, excerpt: true, at: true },
  session: { kind: true, personality: true, tls: true, transcript: true, at: true },
  handshake: { kind: true, endpoint: true, offered: true, answered: true, at: true },
  callback: { kind: true, request: true, at: true },
  dns: { kind: true, name: true, type: true, answer: true, at: true },
  measurement: { kind: true, text: true, at: true },
}

test('the schema and the types name the same properties and the same words', () => {
  const { $defs } = schema
  expect(Object.keys(schema.properties)).toEqual(Object.keys(ofReport))
  expect(Object.keys($defs.outcome.properties)).toEqual(Object.keys(ofOutcome))
  expect(Object.keys($defs.basis.properties)).toEqual(Object.keys(ofBasis))
  expect(Object.keys($defs.mailPath.properties)).toEqual(Object.keys(ofMailPath))
  expect($defs.basis.properties.channels.items.properties.channel.enum).toEqual(channelNames)
  expect($defs.basis.properties.access.items.properties.permission.enum).toEqual(permissions)
  expect($defs.basis.properties.access.items.properties.seen.enum).toEqual(sights)
  expect(Object.keys($defs.basis.properties.access.items.properties)).toEqual(Object.keys(ofAccess))
  expect(Object.keys($defs.basis.properties.untried.items.properties)).toEqual(Object.keys(ofUntried))
  expect($defs.basis.properties.untried.items.properties.permission.enum).toEqual(expectations)
  expect($defs.cellChannel.enum).toEqual(cellChannelNames)
  expect(Object.keys($defs.leftovers.properties)).toEqual(Object.keys(ofLeftovers))
  expect(Object.keys($defs.remediation.properties)).toEqual(Object.keys(ofRemediation))
  expect(Object.keys($defs.variant.properties)).toEqual(Object.keys(ofVariant))
  expect($defs.remediation.properties.effort.enum.map(String)).toEqual(Object.keys(efforts))
  expect($defs.variant.properties.state.enum).toEqual(Object.keys(states))
  expect(Object.keys($defs.finding.properties)).toEqual(Object.keys(ofFinding))
  expect(Object.keys($defs.envelope.properties)).toEqual(Object.keys(ofEnvelope))
  expect(Object.keys($defs.tls.properties)).toEqual(Object.keys(ofTls))
  const kinds = $defs.evidence.oneOf.map(({ properties }) => [properties.kind.const, Object.keys(properties)])
  expect(Object.fromEntries(kinds)).toEqual(
    Object.fromEntries(Object.entries(ofEvidence).map(([kind, keys]) => [kind, Object.keys(keys)])),
  )
  expect($defs.severity.enum).toEqual(severities)
  expect($defs.practice.enum).toEqual(practices)
  expect($defs.reach.enum).toEqual(reaches)
  expect($defs.verdict.enum).toEqual(verdicts)
  expect($defs.personality.enum).toEqual(personalities)
})

test('a report with a baseline is of the schema as well, and names what its types do', () => {
  const { $defs } = schema
  expect(Object.keys($defs.acceptance.properties)).toEqual(['reason', 'owner', 'until'])
  expect(Object.keys($defs.baseline.properties)).toEqual(['file', 'accepted', 'stale'])
  expect(valid(JSON.parse(toJson(sampleWithBaseline)))).toBe(true)
})

test('the sample holds every verdict, kind of evidence, state of a variant and effort', () => {
  const evidence = sample.outcomes.flatMap(({ findings }) => findings.flatMap((finding) => finding.evidence))
  expect(new Set(evidence.map(({ kind }) => kind))).toEqual(new Set(Object.keys(ofEvidence)))
  expect(new Set(sample.outcomes.map(({ verdict }) => verdict))).toEqual(new Set(verdicts))
  const variants = sample.outcomes.flatMap((outcome: Outcome) => outcome.variants)
  expect(new Set(variants.map(({ state }) => state))).toEqual(new Set(Object.keys(states)))
  const found = new Set(sample.outcomes.map(({ remediation }) => String(remediation.effort)))
  expect(found).toEqual(new Set(Object.keys(efforts)))
})
