import { setTimeout as after } from 'node:timers/promises'
import type { Exchange, HttpRequest } from '../model.ts'
import type { Operation, Profile } from '../profile/shape.ts'
import { Unproven } from '../verdicts.ts'
import type { Answered } from './answer-text.ts'
import type { Reading } from './answers.ts'
import { buildRequest, type Credential, type Input } from './request.ts'

/** An operation that is about to be called, by whom and with what. */
export interface Drawn {
  readonly operation: Operation
  readonly input: Input
  readonly principal: string
  /** The credential as it goes into the requests. */
  readonly shown: Credential
  /** What the profile puts into them of a principal. */
  readonly values: Readonly<Record<string, string>>
}

type Whole = Pick<Drawn, 'operation' | 'principal'>

interface Options {
  readonly profile: Profile
  readonly said: (exchange: Answered) => string
  /** Sends a request of a step, and has the journal know what it makes. */
  readonly send: (request: HttpRequest, of: Whole, step: Operation, input: Input) => Promise<Exchange>
  /** Sends a request of a look afterwards, within the turn of the call that it completes. */
  readonly ask: (request: HttpRequest, of: Whole, step: Operation, input: Input) => Promise<Reading>
}

/** The calls of an operation beside its own. */
export interface Steps {
  /** Makes those before it: its input with what they gave, and the answer of the one that was not accepted, which ends them. */
  before(
    drawn: Drawn,
  ): Promise<{ readonly input: Input; readonly stopped: Exchange | null; readonly made: readonly Exchange[] }>
  /** The same, as who makes the call by the profile. Throws Unproven where one is not accepted. */
  asUsual(drawn: Drawn): Promise<{ readonly input: Input }>
  /** Their requests, unsent, and the input of its own with what stands in for their results. */
  outline(drawn: Drawn): Promise<{ readonly requests: readonly HttpRequest[]; readonly input: Input }>
  /** Makes those after it: its result with what they gave. */
  after(drawn: Drawn, result: Exchange['result']): Promise<Exchange['result']>
}

/** Milliseconds before each look: what is made later than it is answered is mostly there within a second. */
const pauses = [0, 250, 500, 1000, 2000, 4000]

export function createSteps({ profile, said, send, ask }: Options): Steps {
  const requestOf = (step: Operation, input: Input, { shown, values }: Drawn) =>
    buildRequest(profile, step, input, shown, values)

  const before: Steps['before'] = async (drawn) => {
    let { input } = drawn
    const made: Exchange[] = []
    for (const step of drawn.operation.steps) {
      const exchange = await send(await requestOf(step, input, drawn), drawn, step, input)
      if (exchange.answer !== 'accepted') return { input, stopped: exchange, made }
      made.push(exchange)
      const missing = missingOf(step, exchange.result)
      if (missing.length > 0)
        throw new Unproven(
          `a step of ${drawn.operation.name} was accepted and gave no ${missing.join(' and no ')}`,
          `see operations.${step.name}.result in the profile`,
        )
      input = { ...input, ...exchange.result }
    }
    return { input, stopped: null, made }
  }

  const found = async (step: Operation, known: Input, drawn: Drawn): Promise<Exchange['result']> => {
    let result: Exchange['result'] = null
    for (const pause of pauses) {
      if (pause > 0) await after(pause)
      result = (await ask(await requestOf(step, known, drawn), drawn, step, known)).result
      if (missingOf(step, result).length === 0) break
    }
    return result
  }

  return {
    before,
    async asUsual(drawn) {
      const { input, stopped } = await before(drawn)
      if (stopped === null) return { input }
      const { name } = drawn.operation
      throw new Unproven(
        `a step of ${name} was answered ${said(stopped)} to ${drawn.principal}`,
        `see operations.${name}.steps in the profile`,
      )
    },
    async outline(drawn) {
      let { input } = drawn
      const requests: HttpRequest[] = []
      for (const step of drawn.operation.steps) {
        requests.push(await requestOf(step, input, drawn))
        const given = Object.keys(step.result).map((name) => [name, `(${name})`])
        input = { ...input, ...Object.fromEntries(given) }
      }
      return { requests, input }
    },
    async after(drawn, result) {
      let all = { ...result }
      for (const step of drawn.operation.afterwards)
        all = { ...all, ...(await found(step, { ...drawn.input, ...all }, drawn)) }
      return all
    },
  }
}

function missingOf({ result }: Operation, given: Exchange['result']): string[] {
  return Object.keys(result).filter((name) => given?.[name] === undefined)
}
