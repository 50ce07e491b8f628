import { randomBytes } from 'node:crypto'
import { unlessCutOff } from '../api/cut-off.ts'
import type { Kit } from '../check/kit.ts'
import type { Variant } from '../check/verify.ts'
import type { Exchange, HttpRequest } from '../model.ts'
import { panelPaths } from '../probes/corpora.ts'
import { isTraced, panelIn } from '../probes/panels.ts'
import { isUrl } from '../profile/authorization.ts'
import { asksNobody } from './attempts.ts'
import { isCalled } from './called-paths.ts'

/** Where panels may stand: a host of the target, and a path below which it is. */
export interface Place extends Variant {
  readonly origin: string
  /** Without a slash at its end. */
  readonly below: string
}

/** The host of the API, the path below which it stands there, and the hosts of its pages. */
export function placesOfPanels({ profile }: Pick<Kit, 'profile'>): Place[] {
  const { origin, pathname } = new URL(profile.target.url)
  const below = pathname.replace(/\/+$/, '')
  const hosts = Object.values(profile.pages ?? {}).flatMap(({ at, url }) => {
    const place = at ?? url ?? ''
    return isUrl(place) ? [new URL(place).origin] : []
  })
  const others = [...new Set(hosts)].filter((host) => host !== origin)
  return [
    { name: 'at the root', origin, below: '' },
    ...(below === '' ? [] : [{ name: `below ${below}`, origin, below }]),
    ...others.map((host) => ({ name: `at ${new URL(host).host}`, origin: host, below: '' })),
  ]
}

interface Look extends Variant {
  /** Judges whether nobody in particular is shown it. */
  judge(): Promise<void>
}

const anonymous = { operation: null, principal: 'anonymous' }
/** Of whatever is larger, the beginning tells what it is. */
const range = 'bytes=0-65535'

/** Each panel of the corpus, and whether the server repeats what it is asked. */
export function panelsAt(place: Place, kit: Kit): Look[] {
  const controls = new Map<string, Promise<Exchange>>()
  const ask = (path: string, method = 'GET', more: HttpRequest['headers'] = []) =>
    kit.api.send(
      {
        method,
        origin: place.origin,
        path: `${place.below}${path}`,
        headers: [['accept', '*/*'], ...more],
        body: null,
      },
      anonymous,
    )
  /** What a path beside it is answered that nobody has; asked once. */
  const beside = (path: string) => {
    const key = randomly(path, '')
    const known = controls.get(key) ?? ask(randomly(path, randomBytes(12).toString('hex')))
    controls.set(key, known)
    return known
  }
  const panels = panelPaths('panels').map(({ name, path, shows }): Look => {
    const isHeap = shows === 'heap'
    return {
      name,
      async judge() {
        const { api, profile, verify } = kit
        const request = { method: 'GET', origin: place.origin, path: `${place.below}${path}` }
        verify.applies(!isCalled(request, profile), 'the profile names it as a call of the API')
        const isOpen = asksNobody(api) || profile.sandbox?.mailpit?.url?.startsWith(place.origin) === true
        verify.applies(
          !(isOpen && ofMailTools.includes(shows)),
          'the target is a mail tool that asks nobody, or our own',
        )
        const control = await beside(path)
        wasAnswered(control, kit)
        const { exchange, seen } = await whatIsSeen(
          () => ask(path, 'GET', isHeap ? [['range', range]] : []),
          beside,
          path,
          kit,
        )
        const panel = seen && panelIn(shows, seen)
        const isForAll =
          panel !== null && control.response !== null && panelIn(shows, control.response) !== null
        verify.applies(!isForAll, 'every path beside it is answered with the same')
        if (panel?.isSecret === true) api.conceal(`what ${name} shows`, seen?.body ?? '')
        verify.that(panel === null, {
          of: exchange,
          severity: panel?.severity,
          expected: 'nothing there for whoever asks, as at any path beside it',
          actual: `${request.path.split('?')[0]} shows ${panel?.what}`,
        })
      },
    }
  })
  const trace: Look = {
    name: 'TRACE',
    async judge() {
      const { mailbox, verify } = kit
      const mark = mailbox.canary()
      wasAnswered(await beside('/'), kit)
      const { exchange, seen } = await whatIsSeen(
        () => ask('/', 'TRACE', [['x-postern', mark]]),
        beside,
        '/',
        kit,
      )
      verify.that(seen === null || !isTraced(seen, mark), {
        of: exchange,
        severity: 'low',
        around: mark,
        expected: 'no answer that repeats the fields of a request',
        actual: 'it was answered with the request, as it came: with all that stands in its fields',
      })
    },
  }
  return [...panels, trace]
}

const ofMailTools = ['mailpit', 'mailhog', 'maildev', 'mailcatcher']

/** A path in the same folder, of the same kind by its first and last letters, that nobody has. */
function randomly(path: string, name: string): string {
  const [, folder = '/', dot = '', ending = '', slash = ''] =
    /^(.*\/)(\.?)[^/.?]*((?:\.[^/?]+)?)(\/?)(?:\?.*)?$/.exec(path.replace(/\/(?=\?|$)/, '')) ?? []
  return `${folder}${dot}${name}${ending}${slash}${/\/(?:\?|$)/.test(path) ? '/' : ''}`
}

/** A guard. */
function wasAnswered(exchange: Exchange, { api, verify }: Pick<Kit, 'api' | 'verify'>): void {
  if (exchange.response === null || exchange.answer === 'limited') verify.answered(exchange)
  verify.held(true, `a path that nobody has was answered ${api.said(exchange)}`)
}

/** What a firewall cuts off, while the path beside it is answered, nobody is shown. */
async function whatIsSeen(
  ask: () => Promise<Exchange>,
  beside: (path: string) => Promise<Exchange>,
  path: string,
  { verify }: Pick<Kit, 'verify'>,
) {
  const isOpen = async () => verify.answered(await beside(path), 'the effect decides')
  const exchange = await unlessCutOff(ask, isOpen)
  if (exchange.answer === 'limited') verify.answered(exchange)
  if (exchange.response === null) {
    verify.answered(exchange, 'the effect decides')
    verify.remark('the connection was cut off')
  }
  return { exchange, seen: exchange.response }
}
