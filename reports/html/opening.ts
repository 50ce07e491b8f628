import type { ChangedFinding, Outcome, Report } from '../../harness/model.ts'
import { standing } from '../exit.ts'
import { sentence } from '../visible.ts'
import {
  conclusions,
  countHeldBack,
  countSeverities,
  countVerdicts,
  descendingSeverities,
  duration,
  failsOnText,
  few,
  leftoverTexts,
  moment,
  placeOf,
  placeOfShard,
  plural,
  previousText,
  reachWords,
  verdictOrder,
  verdictWords,
  weightsOf,
} from '../wording.ts'
import type { Anchors } from './anchors.ts'
import { problemIndex, severityBadge } from './findings.ts'
import { html, type Markup } from './markup.ts'

const standingNames = { 0: 'holds', 1: 'broken', 2: 'doubtful' } as const

/** Who was tested, what came of it in words, and the numbers. */
export function opening(report: Report, anchors: Anchors): Markup {
  return html`<header class="opening">
<p class="product">Postern <span>security report of ${kindOf(report)}</span></p>
<h1>${report.target.name}</h1>
<p class="address"><code>${report.target.url}</code></p>
${report.complete ? null : partialBanner(report)}
${conclusionBox(report, anchors)}
${problemIndex(report, anchors)}
${sincePrevious(report, anchors)}
${counts(report)}
${notJudged(report)}
${facts(report)}
${leftovers(report)}
</header>`
}

/** What was tested: only mail goes to an address that begins so. */
function kindOf({ target }: Report): string {
  return /^smtps?:/.test(target.url) ? 'a submission service' : 'an email API'
}

function partialBanner(report: Report): Markup {
  return html`<div class="partial" role="alert">
<h2>This report is partial</h2>
<p><strong>${report.incompleteBecause ?? 'No reason was recorded.'}</strong></p>
<p>The run stopped before its end. What it had not reached is missing below; its absence is not a pass.</p>
</div>`
}

function conclusionBox(report: Report, anchors: Anchors): Markup {
  const { doubts } = standing(report)
  const severities = countSeverities(report.outcomes)
  const found = descendingSeverities.filter((severity) => severities[severity] > 0)
  const [first, second] = conclusions(report)
  return html`<div class="conclusion ${toneOf(report)}">
<p class="sentence">${first}</p>
${second === null ? null : html`<p class="second">${second}</p>`}
${found.length === 0 ? null : html`<p class="split">${found.map((severity) => html`<span>${severityBadge(severity)} ${plural(severities[severity], 'finding')}</span>`)}</p>`}
${doubts.length === 0 ? null : html`<ul class="doubts">${doubts.map((doubt) => html`<li>${withLinks(doubt, report, anchors)}</li>`)}</ul>`}
</div>`
}

/** A sentence in which the checks that it names lead to what is said of them. */
function withLinks(text: string, { outcomes }: Report, anchors: Anchors): Markup {
  const parts = text.split(/([\w-]+\/[\w-]+)/)
  return html`${parts.map((part, at) => {
    const outcome = at % 2 === 0 ? undefined : outcomes.find(({ check }) => check === part)
    if (outcome === undefined) return part
    const to = outcome.findings.length > 0 ? anchors.violation(outcome) : anchors.check(outcome)
    return html`<a href="#${to}"><code>${part}</code></a>`
  })}`
}

/** Where hardly anything was looked at, nothing looks as if it held. */
function toneOf(report: Report): string {
  const { held, of } = countHeldBack(report)
  return report.exitCode === 0 && held > of / 2 ? 'held-back' : standingNames[report.exitCode]
}

function counts(report: Report): Markup {
  const numbers = countVerdicts(report.outcomes)
  const total = Math.max(report.outcomes.length, 1)
  const shown = verdictOrder.filter((verdict) => numbers[verdict] > 0)
  let from = 0
  const bars = shown.map((verdict) => {
    const width = (100 * numbers[verdict]) / total
    const bar = html`<rect class="${verdict}" x="${from.toFixed(3)}%" width="${width.toFixed(3)}%" height="100%"></rect>`
    from += width
    return bar
  })
  return html`<div class="verdicts">
<svg class="bar" aria-hidden="true" focusable="false">${bars}</svg>
<dl class="counts">${verdictOrder.map((verdict) => html`<div class="count${numbers[verdict] === 0 ? ' none' : ''}"><dt class="count-name"><span class="dot ${verdict}"></span>${verdictWords[verdict].label}</dt><dd class="count-number">${numbers[verdict]}</dd></div>`)}</dl>
</div>`
}

/** What became of the findings since an earlier run; those that stay as they were are a number alone. */
function sincePrevious(report: Report, anchors: Anchors): Markup | null {
  const { previous, outcomes } = report
  const text = previousText(report)
  if (previous === undefined || text === null) return null
  const { changed } = previous
  if (changed.length === 0) return html`<p class="since">${text}</p>`
  const more = changed.length - mostChanges
  const named = ({ check }: ChangedFinding) => {
    const outcome = outcomes.find((each) => each.check === check && each.findings.length > 0)
    return outcome === undefined
      ? html`<code>${check}</code>`
      : html`<a href="#${anchors.violation(outcome)}"><code>${check}</code></a>`
  }
  return html`<details class="fold since"><summary>${text}</summary>
<ul>${changed.slice(0, mostChanges).map((each) => html`<li><b>${each.change}</b> ${weight(each)} ${named(each)} ${sentence(placeOf(each), longestPlace)}</li>`)}${more > 0 ? html`<li>and ${plural(more, 'other finding')}: postern compare lists them</li>` : null}</ul>
</details>`
}

function weight(changed: ChangedFinding): Markup {
  return html`${weightsOf(changed).map((severity, at) => html`${at === 0 ? '' : ' → '}${severityBadge(severity)}`)}`
}

const mostChanges = 50
const longestPlace = 200

/** What keeps checks from a verdict, and what would change that: what cannot be relied on first, then the most frequent reason. */
function notJudged(report: Report): Markup | null {
  const open = report.outcomes.filter(({ verdict }) => !['pass', 'fail'].includes(verdict))
  if (open.length === 0) return null
  const reasons = [...Map.groupBy(open, ({ verdict, reason }) => `${verdict} ${reason}`).values()]
  const heavy = ([one]: readonly Outcome[]) =>
    one?.verdict === 'error' || one?.verdict === 'unproven' ? 1 : 0
  const sorted = reasons.toSorted((a, b) => heavy(b) - heavy(a) || b.length - a.length)
  const more = sorted.length - mostReasons
  return html`<details class="fold"><summary>${plural(open.length, 'check')} came to no verdict: why, and what would change that</summary>
<ul>${sorted.slice(0, mostReasons).map(
    (alike) =>
      html`<li>${alike.length} ${verdictWords[alike[0]?.verdict ?? 'error'].label} (${few(
        alike.map(({ check }) => check),
        mostNames,
      )}): ${alike[0]?.reason ?? 'No reason was recorded.'}</li>`,
  )}${more > 0 ? html`<li>and ${plural(more, 'other reason')}: they stand with the checks</li>` : null}</ul>
</details>`
}

const mostReasons = 12
const mostNames = 3

function facts(report: Report): Markup {
  const spent = Date.parse(report.finishedAt) - Date.parse(report.startedAt)
  const requests = report.outcomes.reduce((sum, outcome) => sum + outcome.requests, 0)
  const rows: readonly (readonly [string, string | Markup])[] = [
    ['Started', moment(report.startedAt)],
    ['Took', `${Number.isNaN(spent) ? 'unknown' : duration(spent)}, ${plural(requests, 'request')}`],
    ...(report.shard === undefined
      ? []
      : [
          [
            'Shard',
            `${placeOfShard(report.shard)}: the rest stands in the reports of the others, which postern merge joins`,
          ] as const,
        ]),
    ['Reach', html`<b>${report.reach}</b>: ${reachWords[report.reach]}`],
    ['Fails on', html`<b>${failsOnText(report)}</b>`],
    ...(report.notSelected.length === 0
      ? []
      : [
          [
            'Not selected',
            `${plural(report.notSelected.length, 'check')}, left out by ${report.shard === undefined ? '' : '--shard, '}--suite and --check`,
          ] as const,
        ]),
    ...(leftoverTexts(report).length === 0
      ? [['Left behind', 'nothing that the run knows of'] as const]
      : []),
    ['Driver', report.driver],
    ['Seed', `${report.seed}`],
    ['Tool', `Postern ${report.tool.version}`],
    ...(report.target.weaknesses.length === 0 ? [] : [['Faults on purpose', weaknesses(report)] as const]),
  ]
  return html`<dl class="facts">${rows.map(([name, value]) => html`<div class="fact"><dt>${name}</dt><dd class="fact-value">${value}</dd></div>`)}</dl>`
}

function leftovers(report: Report): Markup | null {
  const texts = leftoverTexts(report)
  return texts.length === 0
    ? null
    : html`<section class="leftovers" aria-labelledby="leftovers">
<h2 id="leftovers">Left at the target</h2>
<ul>${texts.map((text) => html`<li>${text}</li>`)}</ul>
</section>`
}

function weaknesses(report: Report): Markup {
  return html`${report.target.weaknesses.map((weakness, at) => html`${at === 0 ? '' : ', '}<code>${weakness}</code>`)}`
}
