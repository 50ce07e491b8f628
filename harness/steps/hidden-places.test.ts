import pc from 'picocolors'
import { expect, test } from 'vitest'
import { countsLine, findingsText, progressLine } from '../../reports/console.ts'
import { toHtml } from '../../reports/html.ts'
import { toJson } from '../../reports/json.ts'
import { toJunit } from '../../reports/junit.ts'
import { toMarkdown } from '../../reports/markdown.ts'
import { sample } from '../../reports/sample.testing.ts'
import { toSarif } from '../../reports/sarif.ts'
import { type Api, closeApi, createApi, type Input } from '../api/api.ts'
import { createReach } from '../api/reach.ts'
import { startRecordingTarget, withProfileFile, zone } from '../api/recording-target.testing.ts'
import { evidenceMakers } from '../check/evidence.ts'
import { sampleAbout } from '../check/sample-kit.testing.ts'
import { createTrail } from '../check/trail.ts'
import { createVerify } from '../check/verify.ts'
import type { Finding, Outcome, Report } from '../model.ts'
import { placeOf } from '../profile/places.ts'
import { type Profile, ProfileError, readProfile, resolveProfile } from '../profile/profile.ts'
import { profileWith, schemaPlaces, spellings } from '../profile/schema-places.testing.ts'
import { readerPages } from './reader-pages.ts'

const plain = pc.createColors(false)
const [model] = sample.outcomes
/** Each kind of coding makes something else of it. */
const canary = 'cA/nArY+7f3e&9a é~'
const env = { KEY: 'k-1234567', CANARY: canary }

/** What would give the canary away, or more than half of it. */
const forms = [
  canary,
  encodeURIComponent(canary),
  encodeURI(canary),
  new URLSearchParams({ v: canary }).toString().slice(2),
  JSON.stringify(canary).slice(1, -1),
  Buffer.from(canary).toString('base64'),
  Buffer.from(canary).toString('base64url'),
  Buffer.from(canary).toString('hex'),
  'nArY+7f3e',
  'nArY%2B7f3e',
]

/** Every text that says something of what calls, answers and errors hold. */
async function tellAll(profile: Profile): Promise<Readonly<Record<string, string>>> {
  const api = createApi({ profile, reach: createReach({ profile, zone }), check: 'suite/check' })
  const findings: Finding[] = []
  const errors: string[] = []
  const told = async (ask: () => ReturnType<Api['call']>) => {
    try {
      findings.push(...findingsOf(api, await ask()))
    } catch (error) {
      errors.push(api.redact(String(error)))
    }
  }
  const input: Input = { to: `ann@inbox.${zone}`, subject: 'Hi', id: 'a' }
  for (const { name } of Object.values(profile.operations)) await told(() => api.call(name, input))
  await told(() => api.call('message.send', { ...input, template: 't-1' }))
  for (const principal of Object.keys(profile.principals))
    await told(() => api.call('principal.get', {}, principal))
  const [page] = readerPages({ api } as Parameters<typeof readerPages>[0])
  await told(async () => (await page?.find())?.get() ?? Promise.reject(new Error('no page')))
  await closeApi(profile)
  return documents(findings, errors)
}

function findingsOf(api: Api, exchange: Awaited<ReturnType<Api['call']>>): readonly Finding[] {
  const evidence = evidenceMakers(api.redact)
  const trail = createTrail(evidence, api.script)
  const fence = async () => {}
  const verify = createVerify({ about: sampleAbout, trail, text: evidence.text, said: api.said, fence })
  trail.note({ exchange })
  trail.note({ evidence: evidence.measurement(JSON.stringify(exchange.result)) })
  verify.that(false, { expected: 'nothing', actual: `${exchange.response?.body ?? exchange.failure}` })
  return verify.judged(undefined).findings
}

function documents(findings: readonly Finding[], errors: readonly string[]): Record<string, string> {
  if (model === undefined) throw new Error('expected an outcome in the sample')
  const failed: Outcome = { ...model, findings }
  const unproven: Outcome[] = errors.map((reason) => ({
    ...model,
    verdict: 'unproven',
    findings: [],
    reason,
  }))
  const report: Report = { ...sample, outcomes: [failed, ...unproven] }
  return {
    console: [findingsText(report, plain), countsLine(report, plain)]
      .concat(report.outcomes.map((outcome) => progressLine(outcome, plain)))
      .join('\n'),
    html: toHtml(report),
    json: toJson(report),
    sarif: toSarif(report),
    junit: toJunit(report),
    markdown: toMarkdown(report),
  }
}

/** With the canary at the place; `null` where no reference may stand. What is told of a profile that cannot be is told. */
async function tellWith(place: { steps: readonly string[] }, url: string) {
  let told: Readonly<Record<string, string>> | null = null
  for (const spelling of spellings) {
    const text = JSON.stringify(profileWith(place, spelling, url))
    told = await withProfileFile(text, async (file) => {
      try {
        return await tellAll(await resolveProfile(await readProfile(file), env))
      } catch (error) {
        if (!(error instanceof ProfileError)) throw error
        return { ...told, [`error of ${spelling}`]: error.message }
      }
    })
    if ('json' in told) return told
  }
  return told
}

test('what a reference puts anywhere in a profile reaches no evidence, line for a shell, error or report', async () => {
  // As hostile as can be: it says whatever it is asked with, and what it was started with besides.
  const target = await startRecordingTarget((request) => ({
    headers: { 'x-path': request.path, 'x-started-with': encodeURIComponent(canary) },
    body: { request, startedWith: canary, coded: Buffer.from(`user:${canary}`).toString('base64') },
  }))
  try {
    const leaks: string[] = []
    let sent = 0
    for (const place of schemaPlaces().filter(({ text }) => text)) {
      const steps = place.steps.map((step) => (step === '*' ? 'any' : step))
      if (['shown', 'url'].includes(placeOf(steps))) continue
      const before = target.requests.length
      const told = await tellWith(place, target.url)
      const asked = target.requests.slice(before).map((request) => JSON.stringify(request))
      if (asked.some((text) => forms.some((form) => text.includes(form)))) sent++
      for (const [name, text] of Object.entries(told ?? {}))
        if (forms.some((form) => text.includes(form))) leaks.push(`${place.steps.join('.')} in ${name}`)
    }
    expect(leaks).toEqual([])
    // Otherwise nothing was tried.
    expect(sent).toBeGreaterThan(15)
  } finally {
    await target.close()
  }
})
