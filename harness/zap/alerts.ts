import { discretionOf } from '../check/discretion.ts'
import { evidenceMakers } from '../check/evidence.ts'
import type { Exchange, Finding, HttpRequest, Outcome, Severity } from '../model.ts'
import { tellingFirst } from '../probes/reproduce.ts'
import type { Redactor } from '../profile/redact.ts'
import type { Profile } from '../profile/shape.ts'
import { type Script, scriptText } from '../shell.ts'
import { pathPattern, pathTemplates } from './limits.ts'
import { records, text, type Zap, ZapRefused } from './zap-client.ts'

export interface AlertContext {
  readonly profile: Profile
  readonly redactor: Redactor
  /** `ZAP 2.17.0`. */
  readonly judge: string
  /** Lines for `sh` that repeat what ZAP sent. */
  script(exchange: Exchange): Script
}

const pageSize = 500
const mostAlerts = 5000
const mostFindings = 10
const longestText = 2000

/** ZAP's risks are four, and what it calls low or informational is advice here. */
const severityOf = (risk: string): Severity =>
  risk === 'High' ? 'high' : risk === 'Medium' ? 'medium' : 'low'

/** What ZAP raised for the target, an outcome for each kind of alert; false positives, as ZAP marks them, left out. */
export async function alertOutcomes(zap: Zap, context: AlertContext): Promise<Outcome[]> {
  const baseurl = new URL(context.profile.target.url).origin
  const alerts: unknown[] = []
  for (let start = 0; start < mostAlerts; start += pageSize) {
    const page = records(
      await zap.api.alert.alerts({ baseurl, start: String(start), count: String(pageSize) }),
      'alerts',
    )
    alerts.push(...page)
    if (page.length < pageSize) break
  }
  // ZAP's filter is by the beginning of the text, which another port may share.
  const raised = alerts.filter(
    (alert) =>
      text(alert, 'confidence') !== 'False Positive' && URL.parse(text(alert, 'url'))?.origin === baseurl,
  )
  const kinds = Map.groupBy(raised, idOf)
  const outcomes: Outcome[] = []
  for (const [id, members] of [...kinds].sort(([a], [b]) => (a < b ? -1 : 1)))
    outcomes.push(await outcomeOf(zap, id, members, context))
  return outcomes
}

/** `zap/sql-injection-40018`: ZAP's name and number of it. */
function idOf(alert: unknown): string {
  const slug = text(alert, 'name')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 80)
  const number = /^\d+(-\d+)?$/.exec(text(alert, 'alertRef') || text(alert, 'pluginId'))?.[0]
  return `zap/${slug === '' ? 'alert' : slug}${number === undefined ? '' : `-${number}`}`
}

async function outcomeOf(
  zap: Zap,
  id: string,
  alerts: readonly unknown[],
  context: AlertContext,
): Promise<Outcome> {
  const [first] = alerts
  const shown = (name: string) => context.redactor.redact(text(first, name)).slice(0, longestText)
  const severities = alerts.map((alert) => severityOf(text(alert, 'risk')))
  // One for each place: the same alert on many parameters of a call is one thing to mend.
  const places = new Map(alerts.map((alert) => [placeOf(alert, context.profile), alert]))
  const findings: Finding[] = []
  for (const [operation, alert] of [...places].slice(0, mostFindings))
    findings.push(await findingOf(zap, operation, alert, context))
  const left = places.size - findings.length
  return {
    check: id,
    file: 'harness/zap/alerts.ts',
    title: `ZAP raises no alert "${shown('name')}"`,
    problem: `ZAP raises the alert "${shown('name')}"`,
    practices: ['P26'],
    severity: severities.includes('high') ? 'high' : severities.includes('medium') ? 'medium' : 'low',
    why: shown('description'),
    remediation: { effort: null, how: shown('solution') || 'See ZAP’s own description of the alert.' },
    references: [
      ...numbered('CWE', text(first, 'cweid')),
      ...numbered('WASC', text(first, 'wascid')),
      ...shown('reference')
        .split('\n')
        .filter((line) => line !== '')
        .slice(0, 5),
    ],
    reach: text(first, 'attack') === '' ? 'safe' : 'intrusive',
    weaknesses: [],
    judge: context.judge,
    verdict: 'fail',
    reason: left > 0 ? `${left} more places are not shown; the alerts of ZAP name them` : null,
    requests: 0,
    milliseconds: 0,
    findings,
    variants: [],
    proof: null,
  }
}

function numbered(system: string, number: string): string[] {
  return /^[1-9]\d{0,5}$/.test(number) ? [`${system}-${number}`] : []
}

/** The operation of the profile whose call it was; method and path where it is none. */
function placeOf(alert: unknown, profile: Profile): string {
  const method = text(alert, 'method') || 'GET'
  const url = text(alert, 'url')
  const path = new URL(url).pathname
  const found = Object.values(profile.operations).find(
    (operation) =>
      operation.method === method &&
      pathTemplates(operation).some((template) => pathPattern(profile, template).test(path)),
  )
  return found?.name ?? `${method} ${path}`
}

async function findingOf(
  zap: Zap,
  operation: string,
  alert: unknown,
  { profile, redactor, judge, script }: AlertContext,
): Promise<Finding> {
  const make = evidenceMakers((value) => redactor.redact(value), discretionOf(profile, null))
  const message = await messageOf(zap, text(alert, 'messageId'))
  const exchange = exchangeOf(message, text(alert, 'url'))
  const parts = (['param', 'attack', 'evidence', 'other'] as const)
    .map((name) => [name, redactor.redact(text(alert, name)).slice(0, longestText)] as const)
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `${name}: ${value}`)
  const said = `risk ${text(alert, 'risk')}, confidence ${text(alert, 'confidence')}`
  const low =
    text(alert, 'confidence') === 'Low' ? ' (ZAP itself is not sure of it: look at the evidence)' : ''
  const actual = make.text(`${judge}: ${text(alert, 'name')}, ${said}${low}`)
  return {
    operation: redactor.redact(operation),
    variant: redactor.redact(text(alert, 'param')).slice(0, 200) || null,
    severity: severityOf(text(alert, 'risk')),
    expected: 'no alert of ZAP',
    actual,
    evidence: [
      make.exchange(exchange),
      ...(parts.length === 0 ? [] : [make.measurement(make.claim(parts.join('\n')))]),
    ],
    reproduce: tellingFirst(scriptText(script(exchange)), actual),
  }
}

/** `null` where ZAP has it no more. */
async function messageOf(zap: Zap, id: string): Promise<unknown> {
  try {
    const answer = (await zap.api.core.message({ id })) as { message?: unknown }
    return answer.message
  } catch (error) {
    if (error instanceof ZapRefused) return null
    throw error
  }
}

/** ZAP keeps messages as text: a header with its first line, and a body. */
function exchangeOf(message: unknown, url: string): Exchange {
  const [line = '', ...fields] = text(message, 'requestHeader').split(/\r?\n/)
  const [method = 'GET', target = url] = line.split(' ')
  const at = URL.canParse(target) ? new URL(target) : new URL(url)
  const body = text(message, 'requestBody')
  const response = text(message, 'responseHeader')
  const request: HttpRequest = {
    method,
    origin: at.origin,
    path: `${at.pathname}${at.search}`,
    headers: pairs(fields).filter(([name]) => !['host', 'content-length'].includes(name.toLowerCase())),
    body: body === '' ? null : body,
  }
  const [status = '', ...answered] = response.split(/\r?\n/)
  return {
    id: '',
    operation: null,
    principal: '',
    request,
    response:
      response === ''
        ? null
        : {
            status: Number(status.split(' ')[1]),
            headers: pairs(answered).map(([name, value]) => [name.toLowerCase(), value]),
            body: text(message, 'responseBody'),
            truncated: false,
          },
    failure: response === '' ? 'ZAP kept no answer' : null,
    startedAt: Number(text(message, 'timestamp')) || Date.now(),
    milliseconds: Number(text(message, 'rtt')) || 0,
    answer: 'accepted',
    result: null,
  }
}

function pairs(fields: readonly string[]): [string, string][] {
  return fields.flatMap((field): [string, string][] => {
    const at = field.indexOf(':')
    return at <= 0 ? [] : [[field.slice(0, at), field.slice(at + 1).trim()]]
  })
}
