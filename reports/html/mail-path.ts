import {
  type ChannelName,
  channelNames,
  type MailPath,
  type NameResult,
  type Report,
} from '../../harness/model.ts'
import { tlsBegun } from '../evidence.ts'
import { sentence } from '../visible.ts'
import { plural } from '../wording.ts'
import { html, type Markup } from './markup.ts'

const longestName = 100
/** Paths that differ. */
const mostPaths = 4

/** How benign mail came, hop by hop, and what its receiver makes of it; `null` where no check evaluated any. */
export function pathPicture(report: Report): Markup | null {
  const paths = report.outcomes.flatMap(({ basis }) => basis?.mail ?? [])
  if (paths.length === 0) return null
  const alike = [...Map.groupBy(paths, whatIsAlike).values()]
  const more = alike.length - mostPaths
  return html`<figure class="picture">
<figcaption><b>The mail’s path.</b> ${plural(paths.length, 'delivered message')}, ${alike.length === 1 ? 'all of them the same way' : `${alike.length} ways`}, as the receiving end saw and evaluated them.</figcaption>
${alike.slice(0, mostPaths).map((own) => pathOf(own, report))}
${more > 0 ? html`<p class="quiet">and ${plural(more, 'other way')}: report.json has them</p>` : null}
</figure>
`
}

/** Which way it was given to the target does not count, nor the client's port. */
function whatIsAlike({ variant: _, peer, ...path }: MailPath): string {
  return JSON.stringify([addressOf(peer), path])
}

function pathOf(paths: readonly MailPath[], { target }: Report): Markup | null {
  const [path] = paths
  if (path === undefined) return null
  const { peer, helo, host, tls, received, spf, dkim, dmarc } = path
  return html`<ol class="hops">
<li><b>Postern</b></li>
<li class="link"><span class="unseen">then by </span>${waysIn(paths, target.url).map((way, at) => html`${at === 0 ? null : html`<br>`}${way}`)}</li>
<li><b>${sentence(target.name, longestName)}</b><br>${sentence(helo, longestName)}, ${sentence(addressOf(peer), longestName)}${received === 0 ? null : html`<br><span class="quiet">${plural(received, 'Received field')} of hops before, by their own word</span>`}</li>
<li class="link ${tls === null ? 'violated' : 'held'}"><span class="unseen">then by </span>SMTP, ${tls === null ? html`<b>in clear text</b>` : html`<b>${sentence(tlsBegun(tls), longestName)}</b> <small>${sentence(tls.cipher, longestName)}</small>`}</li>
<li><b>Exchanger</b>${host === null ? null : html`<br>${sentence(host, longestName)}`}</li>
<li class="judged"><dl>
${result('SPF', spf, `asked about ${spf.from}`)}
${dkim.length === 0 ? html`<div><dt>DKIM</dt><dd><b class="mark violated">none</b> no signature</dd></div>` : dkim.map((each) => result('DKIM', each, null))}
<div><dt>DMARC</dt><dd><b class="mark ${toneOf(dmarc.result, true)}">${sentence(dmarc.result, longestName)}</b> ${dmarc.domain === null ? 'no single From domain' : `for ${sentence(dmarc.domain, longestName)}`}${dmarc.policy === null ? null : `, whose policy is ${sentence(dmarc.policy, longestName)}`}</dd></div>
</dl></li>
</ol>
`
}

/** How the messages were given to the target, as far as the names of their variants say it. */
function waysIn(paths: readonly MailPath[], url: string): Markup[] {
  const byHttp = url.startsWith('https:') ? 'HTTPS' : url.startsWith('http:') ? 'HTTP in clear text' : null
  const names = new Set(paths.map(({ variant }) => variant ?? ''))
  const channels = channelNames.filter((name) => names.has(name))
  const http = channels.filter((name) => name !== 'SMTP')
  const ways = [
    ...(http.length === 0 || byHttp === null
      ? []
      : [
          html`<b>${byHttp}</b>${http.length === 1 && http[0] === 'HTTP' ? null : `: ${http.map(wayName).join(', ')}`}`,
        ]),
    ...(channels.length === http.length ? [] : [html`<b>SMTP submission</b>`]),
  ]
  return ways.length === 0 ? [html`a call or submission`] : ways
}

function wayName(name: ChannelName): string {
  return name === 'HTTP' ? 'send' : name
}

function result(name: string, { result, domain, aligned }: NameResult, more: string | null): Markup {
  return html`<div><dt>${name}</dt><dd><b class="mark ${toneOf(result, aligned)}">${sentence(result, longestName)}</b> ${sentence(domain, longestName)}, ${aligned ? 'aligned' : 'not aligned'} with From${more === null ? null : `, ${sentence(more, longestName)}`}</dd></div>
`
}

function toneOf(result: string, aligned: boolean): string {
  return result === 'pass' ? (aligned ? 'held' : 'not-applicable') : 'violated'
}

/** Of `192.0.2.1:40596`: the port is another each time. */
function addressOf(peer: string): string {
  return peer.replace(/:\d+$/, '')
}
