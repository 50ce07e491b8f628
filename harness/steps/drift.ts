import { newCanary } from '../check/canary.ts'
import type { Kit } from '../check/kit.ts'
import type { Part } from '../check/verify.ts'
import { isObject, readJson } from '../json.ts'
import type { Exchange, Severity } from '../model.ts'
import { mediaFor, responseFor, undocumentedIn, violationOf } from '../probes/contract.ts'
import { distinctValues, heldIn, privateTokens, sameShape, says } from '../probes/disclosure.ts'
import { asksNobody } from './attempts.ts'
import type { DocumentedRead } from './documented-reads.ts'
import { once } from './once.ts'

/** UTF-16 code units of an answer that is held against its schema. */
const longest = 256 * 1024

/** What a document says of a read, each by itself: whether the target does so. */
export function partsOfDrift(read: DocumentedRead, kit: Kit): Part[] {
  const { api, verify } = kit
  const asked = once(() => read.ask())
  /** The answer to who may make it. */
  const ours = () => answered(asked())
  const answered = async (asked: Promise<Exchange>) => {
    const exchange = await asked
    const { status = 0 } = exchange.response ?? {}
    if (exchange.response === null || exchange.answer === 'limited') verify.answered(exchange)
    verify.applies(
      status >= 200 && status < 300,
      `it was answered ${api.said(exchange)} to ${exchange.principal}`,
    )
    verify.held(true, '')
    return {
      exchange,
      status,
      body: exchange.response?.body ?? '',
      type: fieldOf(exchange, 'content-type') ?? '',
    }
  }
  /** The same where it holds something: of an empty list nothing can be said. */
  const filled = once(async () => {
    const first = await ours()
    return !says(first.body) && (await read.fill()) ? answered(read.ask()) : first
  })
  const documentedContent = async () => {
    const answer = await filled()
    const response = responseFor(read.responses, answer.status)
    const content = response?.['content']
    return { ...answer, content: isObject(content) && Object.keys(content).length > 0 ? content : null }
  }
  const finding = (of: Exchange, expected: string, actual: string, severity: Severity = 'low') => ({
    ...{ of, expected, actual, severity },
  })

  return [
    {
      name: 'its status',
      async judge() {
        const { exchange, status } = await ours()
        verify.applies(Object.keys(read.responses).length > 0, 'the document says nothing of its answers')
        verify.that(
          responseFor(read.responses, status) !== null,
          finding(
            exchange,
            `a status of the document: ${Object.keys(read.responses).slice(0, 20).join(', ')}`,
            `${status}`,
          ),
        )
      },
    },
    {
      name: 'its type',
      async judge() {
        const { exchange, content, type, body } = await documentedContent()
        verify.applies(content !== null, 'the document says no type of this answer')
        verify.applies(body !== '', 'the answer is empty')
        verify.that(
          content === null || mediaFor(content, type) !== null,
          finding(
            exchange,
            `a type of the document: ${Object.keys(content ?? {})
              .slice(0, 20)
              .join(', ')}`,
            type || 'no type at all',
          ),
        )
      },
    },
    {
      name: 'its members',
      async judge() {
        const { exchange, content, type, body } = await documentedContent()
        const schema = content === null ? undefined : mediaFor(content, type)?.['schema']
        const value =
          body.length > longest || exchange.response?.truncated === true ? undefined : readJson(body)
        verify.applies(
          isObject(schema) && Object.keys(schema).length > 0,
          'the document says nothing of what is in it',
        )
        verify.applies(value !== undefined, 'what was answered is no JSON, or too long to be read')
        const more = undocumentedIn(schema, value)
        const isWanted = ({ path }: { path: string }) => isNamedBy(read.documented.path, path)
        const worst = more.find((each) => each.isSensitive && !isWanted(each)) ?? more[0]
        const violation = violationOf(schema, value)
        for (const { isSensitive, name, value } of more)
          if (isSensitive && typeof value === 'string') api.conceal(name, value)
        const said = [
          ...(violation === null ? [] : [violation]),
          ...(worst === undefined
            ? []
            : [
                `it has ${more
                  .slice(0, 10)
                  .map(({ path }) => path)
                  .join(', ')}, which the document does not name`,
              ]),
        ]
        verify.that(said.length === 0, {
          ...finding(exchange, 'what the document describes, and nothing else', said.join('; ')),
          severity: worst?.isSensitive === true && !isWanted(worst) ? 'medium' : 'low',
        })
      },
    },
    {
      name: 'its credential',
      async judge() {
        const { documented } = read
        verify.applies(documented.secured === true, 'the document wants no credential for it')
        verify.applies(!asksNobody(api), 'the profile says that the target asks nobody')
        const { exchange, body } = await filled()
        verify.applies(says(body), 'what it answers says nothing by which to tell whether it was disclosed')
        const nobodys = await read.ask(null)
        const { status = 0, body: shown = '' } = nobodys.response ?? {}
        if (nobodys.response === null || nobodys.answer === 'limited' || status >= 500)
          verify.answered(nobodys)
        const isSame = status >= 200 && status < 300 && sameShape(shown, body)
        verify.that(!isSame, {
          of: nobodys,
          severity: isSame ? await weightOf(exchange, shown) : 'low',
          expected: 'a refusal: the document wants a credential for it',
          actual: `${api.said(nobodys)}, with the fields that ${exchange.principal} is shown`,
        })
      },
    },
    {
      name: 'its methods',
      async judge() {
        const { exchange } = await ours()
        const { request, principal, operation } = exchange
        const optionsOf = async (path: string) => {
          const asked = await api.send({ ...request, method: 'OPTIONS', path }, { operation, principal })
          if (asked.response === null || asked.answer === 'limited') verify.answered(asked)
          return { asked, allowed: methodsIn(fieldOf(asked, 'allow')) }
        }
        const path = request.path.replace(/\?.*$/s, '')
        const { asked, allowed } = await optionsOf(request.path)
        const documented = [...read.methodsOf(path), 'HEAD', 'OPTIONS', 'TRACE']
        const more = allowed.filter((method) => !documented.includes(method))
        const beside =
          more.length === 0 ? [] : (await optionsOf(path.replace(/[^/]*\/?$/, newCanary()))).allowed
        verify.applies(
          more.length === 0 || beside.join() !== allowed.join(),
          'OPTIONS allows the same at a path that nobody has',
        )
        verify.that(
          more.length === 0,
          finding(
            asked,
            `no methods but those of the document: ${documented.join(', ')}`,
            `Allow: ${allowed.join(', ')}`,
          ),
        )
      },
    },
  ]

  /** What only the caller may see weighs more than what anybody may, such as whether the target is up. */
  async function weightOf({ request, response }: Exchange, shown: string): Promise<Severity> {
    const body = response?.body ?? ''
    const tokens = privateTokens(body, newCanary(), request.path).filter((token) => shown.includes(token))
    if (api.profile.principals['neighbour'] === undefined) return tokens.length === 0 ? 'low' : 'medium'
    const others = (await read.ask('neighbour')).response?.body ?? ''
    if (tokens.length > 0) return tokens.every((token) => others.includes(token)) ? 'low' : 'high'
    // Where ids are numbers, what somebody else is not shown tells whose it is.
    return heldIn(shown, distinctValues(body, [others], request.path)).size > 0 ? 'high' : 'low'
  }
}

function fieldOf({ response }: Exchange, name: string): string | undefined {
  const values = (response?.headers ?? []).filter(([each]) => each === name).map(([, value]) => value)
  return values.length === 0 ? undefined : values.join(', ')
}

/** `GET /accounts/random_password` is asked for a password: what it answers with is no more than its name says. */
function isNamedBy(path: string, member: string): boolean {
  const letters = (text = '') => text.toLowerCase().replace(/[^a-z0-9]/g, '')
  const last = path.split('/').findLast((step) => step !== '' && !step.startsWith('{'))
  return /^\w+$/.test(member) && letters(last).includes(letters(member))
}

function methodsIn(field = ''): string[] {
  const names = field.slice(0, 1000).match(/[A-Za-z]+/g) ?? []
  return [...new Set(names.map((name) => name.toUpperCase()))].sort()
}
