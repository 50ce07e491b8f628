import type { Input } from '../api/api.ts'
import type { Kit } from '../check/kit.ts'
import { seesMail } from '../check/needs.ts'
import type { Part } from '../check/verify.ts'
import { decodeJwt, forgeJwt, withBrokenSignature } from '../probes/jwt.ts'
import { unseenIn } from '../probes/unseen-characters.ts'
import type { DeclaredOperation } from '../profile/operations.ts'
import type { McpCalls } from '../profile/shape.ts'
import { NotApplicable, Unproven } from '../verdicts.ts'
import { attemptable, deniedTo, eachReference, isDecided, prepareAttempt, tellsWhose } from './attempts.ts'
import { withSecret } from './doors.ts'
import { mailingsByTool } from './further-arguments.ts'
import { keyHolders } from './key-holders.ts'
import { isRefused } from './made-up-credentials.ts'
import { byTool, type ListedTool, type McpServer, openServer } from './mcp-server.ts'
import { namesOf } from './names-of-owners.ts'
import { once } from './once.ts'
import { cellsOf } from './roles.ts'
import { owner } from './sample-input.ts'
import { holderOf } from './throw-away.ts'
import { ownSigning } from './tokens.ts'

/** A tool that works. */
export interface WorkingTool {
  readonly name: string
  readonly operation: DeclaredOperation
  readonly listed: ListedTool
  /** By this kit, the operation goes by the tool. */
  readonly kit: Kit
  /** By this, as the profile has it. */
  readonly direct: Kit
}

/** Something that is tried of a tool. */
export interface TriedOfTool {
  readonly name: string
  judge(tool: WorkingTool): Promise<unknown>
}

/** What is tried of the tools that the profile names, what their texts hold, and those that are listed besides. */
export async function tryingTools(kit: Kit, calls: McpCalls): Promise<Part[]> {
  const { verify } = kit
  const server = await openServer(kit, calls)
  const parts = Object.keys(calls.tools).flatMap((name) => {
    const ready = once(() => working(kit, name, calls, server))
    return triedOf(kit, name, calls, server).map((tried) => ({
      name: `${name}, ${tried.name}`,
      judge: async () => void (await tried.judge(await ready())),
    }))
  })
  const others = server.listed.filter(({ name }) => !(name in calls.tools))
  return [
    ...parts,
    { name: 'what tools say of themselves', judge: async () => holdsNothingUnseen(kit, server, calls) },
    ...others.map(({ name }) => ({
      name: `${name}, which the profile does not name`,
      async judge() {
        verify.applies(false, `nothing says what ${name} stands for: name its operation under mcp.tools`)
      },
    })),
  ]
}

/** Of several tools of a server one says whom it lets in: a read, which leaves nothing, where there is one. */
function isDoor(name: string, { tools }: McpCalls): boolean {
  const [first = [name]] = Object.entries(tools).toSorted(
    ([, a], [, b]) => Number(b.effect === 'read') - Number(a.effect === 'read'),
  )
  return first[0] === name
}

function triedOf(kit: Kit, name: string, calls: McpCalls, { session }: McpServer): TriedOfTool[] {
  const { profile } = kit
  const tool = calls.tools[name]
  if (tool === undefined) return []
  const { name: operation, effect, object, sends } = tool
  const mails = operation === 'message.send' && seesMail(profile)
  const foreign: TriedOfTool[] = [
    ...(effect === 'read' || object !== null
      ? [{ name: 'as another tenant', judge: calledByNeighbour }]
      : []),
    ...(sends ? [] : [{ name: 'as another tenant that names the owner', judge: namingTheOwner }]),
  ]
  return [
    { name: 'as nobody', judge: calledByNobody },
    { name: 'with a made-up credential', judge: calledWithMadeUp },
    ...(profile.jwt?.signingKey !== undefined && isDoor(name, calls)
      ? [{ name: 'with a token for another service', judge: calledForAnother }]
      : []),
    ...withheldFrom(kit, operation).map((principal) => ({
      name: `as ${principal}`,
      judge: (tool: WorkingTool) => calledAs(principal, tool),
    })),
    ...('neighbour' in profile.principals ? foreign : []),
    ...(session === null ? [] : [{ name: 'as nobody, in a session of another', judge: inSession(session) }]),
    ...(mails ? mailingsByTool(profile) : []),
  ]
}

/** A guard: the server lists it, and whoever may do what it stands for does so by the tool, which is seen. */
async function working(direct: Kit, name: string, calls: McpCalls, server: McpServer): Promise<WorkingTool> {
  const { verify } = direct
  const listed = server.listed.find((tool) => tool.name === name)
  const call = calls.tools[name]
  if (listed === undefined || call === undefined)
    throw new Unproven(
      `the server lists no tool ${name}`,
      `name it under mcp.tools as it is listed: ${server.listed.map((tool) => tool.name).join(', ') || 'there is none'}`,
    )
  const kit = byTool(direct, call, server)
  const operation = call.name
  verify.applies(
    attemptable(kit.api).includes(operation),
    `what comes of ${operation} by a tool cannot be told: by that operation, or by the arguments of ${name}`,
  )
  const attempt = await prepareAttempt(operation, kit)
  const exchange = await attempt.tryAs(holderOf(kit.api, operation) ?? owner)
  verify.held(
    exchange.answer === 'accepted' && (await attempt.trace(exchange)) !== null,
    `${name} was answered ${kit.api.said(exchange)} to ${exchange.principal}, and nothing is seen of what it should do`,
    `see mcp.tools.${name} of the profile: who may do ${operation} must be able to by the tool`,
  )
  return { name, operation, listed, kit, direct }
}

/** Credentials that are refused anyway. */
const dead = ['revoked', 'expired']

/** Whom the tables of the profile deny it: keys by their scopes, people by their roles; and who is nobody any more. */
function withheldFrom(kit: Kit, operation: DeclaredOperation): string[] {
  const byScopes = isDecided(kit.api, operation, 'scopes')
    ? keyHolders(kit).filter(({ granted, ownOnly }) => ![...granted, ...ownOnly].includes(operation))
    : []
  const byRoles = cellsOf(kit).filter((cell) => cell.operation === operation && cell.right === 'denied')
  const ended = dead.filter((name) => name in kit.profile.principals)
  return [...byScopes.map(({ name }) => name), ...byRoles.map(({ principal }) => principal), ...ended]
}

async function calledAs(principal: string, { name, operation, kit }: WorkingTool): Promise<void> {
  kit.verify.asks([{ principal, operation, permission: 'refused', channel: 'tool' }])
  await deniedTo(
    principal,
    operation,
    kit,
    `${name} refused to ${principal}, as the API refuses ${operation}`,
  )
}

async function calledByNobody({ operation, kit }: WorkingTool): Promise<void> {
  const attempt = await prepareAttempt(operation, kit)
  await attempt.notCarriedOut(await attempt.tryAs(null), 'a refusal: no credential was shown')
}

async function calledWithMadeUp({ name, operation, kit }: WorkingTool): Promise<void> {
  const showing = { name, operation, principal: holderOf(kit.api, operation) ?? owner }
  await isRefused(showing, kit)
  // Where tokens are read and not verified, what is none is refused all the same.
  const { token } = await kit.api.credential(showing.principal)
  const broken = withBrokenSignature(token)
  if (broken !== null) await isRefused({ ...showing, secret: broken }, kit)
}

/** A verdict: a token that is right in all but whom it is for opens no tool (RFC 8707 §2). A guard: a right one does. */
async function calledForAnother({ operation, kit }: WorkingTool): Promise<void> {
  const { api, profile, verify } = kit
  const credential = await api.credential(owner)
  const live = decodeJwt(credential.token)
  if (live === null) throw new NotApplicable(`the credential of ${owner} is no JSON Web Token`)
  const signing = ownSigning(profile, live)
  const now = Math.floor(Date.now() / 1000)
  const claims = { ...live.payload, iat: now, exp: now + 300 }
  // What was done once leaves a trace: each has a call of its own.
  const called = async (payload: object) => {
    const attempt = await prepareAttempt(operation, kit)
    const as = withSecret(credential, forgeJwt(live.header, payload, signing))
    return { attempt, exchange: await attempt.tryAs(as) }
  }
  verify.held(
    (await called(claims)).exchange.answer === 'accepted',
    'a token signed with jwt.signingKey and right in every claim was refused',
    'give the profile the key that the target signs with at present, and see whether the clocks of the target and of this machine agree',
  )
  const { attempt, exchange } = await called({ ...claims, aud: 'https://service.example' })
  await attempt.notCarriedOut(exchange, 'a refusal: the token is for another service')
}

/** A verdict: a session is no credential (MCP, security best practices: session hijacking). */
function inSession(session: Input) {
  return async ({ operation, kit }: WorkingTool): Promise<void> => {
    const attempt = await prepareAttempt(operation, kit)
    const exchange = await kit.api.call(operation, { ...attempt.input, ...session }, null)
    await attempt.notCarriedOut(exchange, 'a refusal: a session was named, and no credential shown')
  }
}

const neighbour = { principal: 'neighbour', mayOnOwn: true }

async function calledByNeighbour({ operation, kit }: WorkingTool): Promise<void> {
  await eachReference(neighbour, operation, kit, async (attempt) => {
    if (kit.api.profile.operations[operation]?.effect === 'read') tellsWhose(attempt, kit)
    await attempt.notCarriedOut(await attempt.tryAs('neighbour'), 'nothing of another tenant')
  })
}

/** Words by which arguments may say for whom a tool acts. */
const words = ['tenant', 'tenant_id', 'account_id', 'organization_id']

/** A verdict: no argument says for whom a tool acts. Where it does not take all of the words, it may take one. */
async function namingTheOwner({ name, operation, listed, kit }: WorkingTool): Promise<void> {
  const { tenant } = await namesOf(kit.api, owner)
  kit.verify.applies(tenant !== null, 'nothing says what the tenant of the owner is called')
  const unknown = words.filter((word) => !listed.named.has(word))
  kit.verify.applies(unknown.length > 0, `${name} names such arguments itself`)
  await eachReference(neighbour, operation, kit, async (attempt) => {
    const tried = async (mcpFurther: Input) => {
      const input = { ...attempt.input, mcpFurther }
      const exchange = await kit.api.call(operation, input, neighbour.principal)
      await attempt.notCarriedOut(exchange, 'no argument by which a tool acts for another tenant')
      return exchange
    }
    const all = await tried(Object.fromEntries(unknown.map((word) => [word, tenant])))
    if (all.answer === 'accepted') return
    for (const word of unknown) await tried({ [word]: tenant })
  })
}

/** So many can hold a sentence. */
const sentence = 8

/** A verdict: what the server and its tools say of themselves is what people see who read it. */
function holdsNothingUnseen(
  { verify }: Kit,
  { listed, list, instructions }: McpServer,
  calls: McpCalls,
): void {
  verify.held(
    listed.length > 0 || instructions !== '',
    'the server lists no tool, and says nothing of itself',
    'see mcp.url in the profile: tools/list is asked by the principal admin',
  )
  const server = { name: 'the server as a whole', texts: [instructions] }
  for (const { name, texts } of [...listed, server]) {
    const found = unseenIn(texts.join('\n'))
    const count = found.reduce((sum, each) => sum + each.count, 0)
    const operation = calls.tools[name]?.name
    verify.that(count === 0, {
      ...{ of: list, severity: count < sentence ? 'low' : 'high' },
      ...(operation === undefined ? {} : { operation }),
      expected: 'texts of which a model reads no more than people see',
      actual: `of ${name} they hold ${count} characters that are not shown: ${found
        .map(({ code }) => code)
        .slice(0, 5)
        .join(', ')}`,
    })
  }
}
