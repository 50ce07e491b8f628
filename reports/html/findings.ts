import type { Finding, Outcome, Remediation, Report, Severity } from '../../harness/model.ts'
import { severities } from '../../harness/model.ts'
import { exceptions } from '../variants.ts'
import { effortWords, plural, withFindings, worstOf } from '../wording.ts'
import type { Anchors } from './anchors.ts'
import { evidenceBlock } from './evidence.ts'
import { html, type Markup } from './markup.ts'
import { referenceList } from './references.ts'

export function findingsSection(report: Report, anchors: Anchors): Markup {
  const violated = withFindings(report)
  return html`<section aria-labelledby="findings">
<h2 id="findings">Findings</h2>
${violated.length === 0 ? html`<p class="quiet">No check that was run found a violation.</p>` : null}
${violated.map((outcome) => violation(outcome, anchors))}
</section>`
}

function violation(outcome: Outcome, anchors: Anchors): Markup {
  const worst = severities[worstOf(outcome)] ?? outcome.severity
  return html`<article class="finding ${worst}" id="${anchors.finding(outcome)}">
<header>
<p class="tags">${severityBadge(worst)} <a href="#${anchors.check(outcome)}"><code>${outcome.check}</code></a> <span>${outcome.practices.join(' · ')}</span></p>
<h3><span class="violated">Violated:</span> ${outcome.title}</h3>
</header>
<p class="why"><strong>Why it matters.</strong> ${outcome.why}</p>
${extent(outcome, anchors)}
${outcome.findings.map((finding) => observation(finding, outcome.findings.length > 1))}
<footer>
${remedy(outcome.remediation)}
${outcome.references.length === 0 ? null : html`<p class="references"><span>References</span> ${referenceList(outcome.references)}</p>`}
</footer>
</article>`
}

/** How far the violation goes, where more was tried than one thing. */
function extent(outcome: Outcome, anchors: Anchors): Markup | null {
  const counts = exceptions(outcome.variants)
  if (outcome.findings.length === 1 && counts === null) return null
  return html`<p class="quiet">Seen in ${plural(outcome.findings.length, 'way')}${counts === null ? null : html`; ${counts}: see <a href="#${anchors.check(outcome)}">each of them</a>`}.</p>`
}

function remedy({ effort, how, before, after }: Remediation): Markup {
  const code = Object.entries({ Before: before, After: after })
  return html`<h4>How to put it right</h4>
<p>${how}</p>
${effort === null ? null : html`<p class="quiet">Effort: ${effortWords[effort]}</p>`}
${
  before === undefined && after === undefined
    ? null
    : html`<dl class="contrast">
${code.map(([name, text]) => (text === undefined ? null : html`<div class="side"><dt>${name}</dt><dd><pre tabindex="0">${text}</pre></dd></div>`))}
</dl>`
}`
}

function observation(finding: Finding, oneOfSeveral: boolean): Markup {
  return html`<section class="observation">
<h4>${oneOfSeveral ? html`${severityBadge(finding.severity)} ` : null}<code>${finding.operation}</code>${finding.variant === null ? null : html` <span class="variant">${finding.variant}</span>`}</h4>
<dl class="contrast">
<div class="side"><dt>Expected</dt><dd class="said">${finding.expected}</dd></div>
<div class="side"><dt class="seen">Seen</dt><dd class="said">${finding.actual}</dd></div>
</dl>
${finding.alsoSeenBy === undefined ? null : html`<p class="quiet">Also seen by ${finding.alsoSeenBy.join(', ')}</p>`}
<h5>Evidence</h5>
${finding.evidence.map(evidenceBlock)}
<h5>Reproduce</h5>
<pre tabindex="0" class="command">${finding.reproduce}</pre>
</section>`
}

export function severityBadge(severity: Severity): Markup {
  return html`<span class="badge ${severity}">${severity}</span>`
}
