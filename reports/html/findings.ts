import type { Evidence, Finding, Outcome, Remediation, Report, Severity } from '../../harness/model.ts'
import { exceptions } from '../variants.ts'
import { sentence } from '../visible.ts'
import {
  acceptanceText,
  countSeverities,
  descendingSeverities,
  effortWords,
  isAccepted,
  placeOf,
  plural,
  shortened,
  weightOf,
  withFindings,
  worstSeverity,
} from '../wording.ts'
import type { Anchors } from './anchors.ts'
import { evidenceBlock } from './evidence.ts'
import { decisiveWords } from './marks.ts'
import { html, type Markup } from './markup.ts'
import { methodBlock } from './method.ts'
import { referenceList } from './references.ts'

/** The first page of a report: each problem in a line, the worst first, with a link to its block, and what to do. */
export function problemIndex(report: Report, anchors: Anchors): Markup | null {
  const all = withFindings(report)
  const violated = all.filter((outcome) => !isAccepted(outcome))
  const accepted = all.filter(isAccepted)
  if (all.length === 0) return null
  return html`<section class="problems" aria-labelledby="problems">
<h2 id="problems">${violated.length === 0 ? 'What is wrong is accepted' : 'What is wrong'}</h2>
${violated.length === 0 ? null : problemList(violated, anchors)}
${accepted.length === 0 ? null : html`<details class="fold"><summary>${plural(accepted.length, 'problem')} accepted for now</summary>${problemList(accepted, anchors)}</details>`}
</section>`
}

/** More than there are checks of ours. */
const mostProblems = 300

function problemList(violated: readonly Outcome[], anchors: Anchors): Markup {
  const more = violated.length - mostProblems
  return html`<ol>${violated.slice(0, mostProblems).map((outcome) => html`<li>${severityBadge(worstSeverity(outcome))} <a href="#${anchors.violation(outcome)}">${outcome.problem}</a> <span class="quiet">${outcome.check}${outcome.findings.length === 1 ? '' : `, ${plural(outcome.findings.length, 'way')}`}${effortOf(outcome)}</span> <span class="advice">${outcome.remediation.how}</span></li>`)}${more > 0 ? html`<li>and ${plural(more, 'other problem')}, each with its block below</li>` : null}</ol>`
}

function effortOf({ remediation: { effort } }: Outcome): string {
  return effort === null ? '' : `; to mend: ${effortWords[effort]}`
}

export function* findingsSection(report: Report, anchors: Anchors): Generator<Markup> {
  const violated = withFindings(report)
  yield html`<section aria-labelledby="findings">
<h2 id="findings">Findings</h2>
${violated.length === 0 ? html`<p class="quiet">No check that was run found a violation.</p>` : null}
`
  for (const outcome of violated) yield violation(outcome, anchors)
  yield html`</section>
`
}

/** One block a check: what is wrong, what to do, the worst of it with its evidence open, and the rest a row each. */
function violation(outcome: Outcome, anchors: Anchors): Markup {
  const worst = worstSeverity(outcome)
  const [first, ...others] = worstFirst(outcome.findings)
  return html`<article class="finding ${worst}" id="${anchors.violation(outcome)}">
<header>
<p class="tags">${severityBadge(worst)} <a href="#${anchors.check(outcome)}"><code>${outcome.check}</code></a> <span>${outcome.practices.join(' · ')}</span></p>
<h3>${outcome.problem}</h3>
<p class="quiet">What must hold: ${outcome.title}.</p>
</header>
<p class="why"><strong>Why it matters.</strong> ${outcome.why}</p>
${extent(outcome, anchors)}
${remedy(outcome.remediation)}
${
  first === undefined
    ? null
    : html`<section class="observation">
<h4>${others.length === 0 ? 'What was seen' : 'The worst of it'}: <span class="variant">${placeOf(first)}</span></h4>
${observation(first, 'open')}
</section>`
}
${
  others.length === 0
    ? null
    : html`<details class="others">
<summary>The other ${plural(others.length, 'way')}, a row each</summary>
${others.map((finding) => row(finding, anchors.finding(outcome, finding)))}
</details>`
}
${methodBlock(outcome.check)}
${outcome.references.length === 0 ? null : html`<footer><p class="references"><span>References</span> ${referenceList(outcome.references)}</p></footer>`}
</article>`
}

/** Among equals the shortest reads best. */
export function worstFirst(findings: readonly Finding[]): Finding[] {
  return findings.toSorted((a, b) => weightOf(b) - weightOf(a) || a.reproduce.length - b.reproduce.length)
}

/** How far the violation goes, where more was tried than one thing, and what of it weighs how much. */
function extent(outcome: Outcome, anchors: Anchors): Markup | null {
  const counts = exceptions(outcome.variants)
  if (outcome.findings.length === 1 && counts === null) return null
  const bySeverity = countSeverities([outcome])
  const split = descendingSeverities.filter((severity) => bySeverity[severity] > 0)
  return html`<p class="quiet">Seen in ${plural(outcome.findings.length, 'way')}: ${split.map((severity) => `${bySeverity[severity]} ${severity}`).join(', ')}${counts === null ? null : html`; ${counts}: see <a href="#${anchors.check(outcome)}">each of them</a>`}.</p>`
}

function remedy({ effort, how, before, after }: Remediation): Markup {
  const code = Object.entries({ Before: before, After: after })
  return html`<div class="remedy">
<h4>How to put it right</h4>
<p>${how}</p>
${effort === null ? null : html`<p class="quiet">Effort: ${effortWords[effort]}</p>`}
${
  before === undefined && after === undefined
    ? null
    : html`<dl class="contrast">
${code.map(([name, text]) => (text === undefined ? null : html`<div class="side"><dt>${name}</dt><dd><pre tabindex="0">${text}</pre></dd></div>`))}
</dl>`
}
</div>`
}

/** Enough to tell one row from the next: its whole text stands below the fold. */
const longestRow = 200

function row(finding: Finding, anchor: string): Markup {
  return html`<details id="${anchor}">
<summary>${severityBadge(finding.severity)} <span class="kind">${sentence(placeOf(finding), longestRow)}</span> <span class="says">${sentence(shortened(finding.actual), longestRow)}</span>${finding.accepted === undefined ? null : html` <span class="accepted">accepted until ${finding.accepted.until}</span>`}</summary>
${observation(finding, 'folded')}
</details>`
}

function observation(finding: Finding, evidence: 'open' | 'folded'): Markup {
  const words = decisiveWords(finding)
  return html`<dl class="contrast">
<div class="side"><dt>Expected</dt><dd class="said">${shortened(finding.expected)}</dd></div>
<div class="side"><dt class="seen">Seen</dt><dd class="said">${shortened(finding.actual)}</dd></div>
</dl>
${finding.accepted === undefined ? null : html`<p class="accepted">This is ${acceptanceText(finding.accepted)}</p>`}
${finding.alsoSeenBy === undefined ? null : html`<p class="quiet">Also seen by ${finding.alsoSeenBy.join(', ')}</p>`}
${finding.location === undefined ? null : html`<p class="quiet">In the profile: <code>${finding.location.file}:${finding.location.line}</code></p>`}
<h5>Evidence</h5>
${evidence === 'open' ? evidenceOpen(finding.evidence, words) : finding.evidence.map((piece) => evidenceBlock(piece, words))}
<h5>Reproduce</h5>
<pre tabindex="0" class="command">${finding.reproduce}</pre>
`
}

/** What was asked and the mail that came of it, side by side; the rest is folded. */
function evidenceOpen(evidence: readonly Evidence[], words: readonly string[]): Markup {
  const [first] = evidence
  const mail = evidence.find((piece) => piece !== first && piece.kind === 'delivery')
  const shown = [first, mail].filter((piece) => piece !== undefined)
  const blocks = shown.map((piece) => evidenceBlock(piece, words, true))
  const rest = evidence.filter((piece) => !shown.includes(piece))
  return html`${mail === undefined ? blocks : html`<div class="pair">${blocks}</div>`}${rest.map((piece) => evidenceBlock(piece, words))}`
}

export function severityBadge(severity: Severity): Markup {
  return html`<span class="badge ${severity}">${severity}</span>`
}
