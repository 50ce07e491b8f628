import { createSocket, type Socket as DatagramSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import {
  type Answer,
  AUTHORITATIVE_ANSWER,
  type DecodedPacket,
  decode,
  encode,
  TRUNCATED_RESPONSE,
} from 'dns-packet'
import type { DnsQuery, DnsRecord } from '../model.ts'
import { type Listener, listen, type Place, portTaken } from './listening.ts'
import { canonicalName, isUnder } from './names.ts'
import { createZone, type Leads, type Zone } from './zone.ts'

export interface QueryFilter {
  readonly name?: string
  /** The name or anything below it. */
  readonly under?: string
}

/** The authoritative name server of one run's zone. */
export interface DnsServer {
  readonly host: string
  readonly port: number
  publish(records: readonly DnsRecord[]): void
  withdraw(name: string): void
  /** Everything that was asked, names outside the zone too; the oldest are dropped beyond 20 000. */
  queries(filter: QueryFilter): DnsQuery[]
  close(): Promise<void>
}

const maximumQueries = 20_000
/** RFC 6891 §6.2.3: without EDNS a datagram holds 512 octets. */
const plainDatagram = 512
const largestDatagram = 4096
const bindAttempts = 20
const rcode = { formErr: 1, nxDomain: 3, notImp: 4, refused: 5 } as const

export interface DnsOptions extends Partial<Leads> {
  readonly place?: Place
}

/** Serves the zone on UDP and TCP under one port. */
export async function startDns(zoneName: string, options: DnsOptions = {}): Promise<DnsServer> {
  const { address = '127.0.0.1', nameserver = address, addressOf = async () => null, place = {} } = options
  const zone = createZone(zoneName, { address, nameserver, addressOf })
  const queries: DnsQuery[] = []
  const log = (query: DnsQuery) => {
    queries.push(query)
    if (queries.length > maximumQueries * 1.1) queries.splice(0, queries.length - maximumQueries)
  }
  const { stream, datagrams } = await bind((socket) => serveStream(socket, zone, log), place)
  let closed = false
  datagrams.on('message', async (message, peer) => {
    const response = await respond(message, zone, log, 'datagram')
    if (response && !closed) datagrams.send(response, peer.port, peer.address)
  })
  return {
    host: stream.host,
    port: stream.port,
    publish: (records) => zone.publish(records),
    withdraw: (name) => zone.withdraw(name),
    queries: ({ name, under }) =>
      queries.filter(
        (query) =>
          (name === undefined || query.name === canonicalName(name)) &&
          (under === undefined || isUnder(query.name, canonicalName(under))),
      ),
    async close() {
      closed = true
      const end = once(datagrams, 'close')
      datagrams.close()
      await Promise.all([end, stream.close()])
    },
  }
}

/** The port that TCP got may be taken on UDP; then another is tried. */
async function bind(
  onConnection: (socket: Socket) => void,
  place: Place,
): Promise<{ stream: Listener; datagrams: DatagramSocket }> {
  for (let attempt = 1; ; attempt += 1) {
    const stream = await listen(createServer(onConnection), place)
    const datagrams = createSocket('udp4')
    datagrams.bind(stream.port, stream.host)
    try {
      await once(datagrams, 'listening')
      // A peer that has closed its port answers with ICMP; that is no fault of ours.
      datagrams.on('error', () => {})
      return { stream, datagrams }
    } catch (error) {
      datagrams.close()
      await stream.close()
      if (attempt >= bindAttempts || place.port !== undefined)
        throw portTaken(stream.host, stream.port, error)
    }
  }
}

/** RFC 1035 §4.2.2: each message behind its length in two octets. */
function serveStream(socket: Socket, zone: Zone, log: (query: DnsQuery) => void): void {
  let buffered: Buffer = Buffer.alloc(0)
  let answered = Promise.resolve()
  const answer = async (message: Buffer) => {
    const response = await respond(message, zone, log, 'stream')
    if (!response) socket.destroy()
    if (!response || !socket.writable) return
    const prefix = Buffer.alloc(2)
    prefix.writeUInt16BE(response.length)
    socket.write(Buffer.concat([prefix, response]))
  }
  socket.on('data', (chunk: Buffer) => {
    buffered = Buffer.concat([buffered, chunk])
    while (buffered.length >= 2 && buffered.length >= 2 + buffered.readUInt16BE(0)) {
      const message = buffered.subarray(2, 2 + buffered.readUInt16BE(0))
      buffered = buffered.subarray(2 + message.length)
      answered = answered.then(() => answer(message))
    }
  })
}

/** The response to one message; `null` where it is not a query that can be answered. */
async function respond(
  message: Buffer,
  zone: Zone,
  log: (query: DnsQuery) => void,
  transport: 'datagram' | 'stream',
): Promise<Buffer | null> {
  const query = readQuery(message)
  if (query === null || query.type !== 'query') return null
  const [question] = query.questions ?? []
  const [edns] = (query.additionals ?? []).filter((record) => record.type === 'OPT')
  // RFC 9619: exactly one question.
  if (!question || query.questions?.length !== 1) return encodeResponse(query, rcode.formErr, [], [], [])
  const opcode = (query.flags ?? 0) & 0x7800
  if (opcode !== 0) return encodeResponse(query, rcode.notImp, [], [], [])

  const name = canonicalName(question.name)
  log({ name, type: question.type, at: Date.now() })
  const additionals: Answer[] = edns ? [optRecord()] : []
  if (!zone.knows(name)) return encodeResponse(query, rcode.refused, [], [], additionals)

  const found = await zone.answer(name, question.type)
  // The owner is spelt as it was asked, for resolvers that vary its case.
  const answers = (found ?? []).map((answer) =>
    answer.name === name ? { ...answer, name: question.name } : answer,
  )
  const authorities = answers.length > 0 ? [] : [zone.authority(name)]
  const flags = AUTHORITATIVE_ANSWER | (found === null ? rcode.nxDomain : 0)
  const whole = encodeResponse(query, flags, answers, authorities, additionals)
  const room = edns ? Math.min(Math.max(edns.udpPayloadSize, plainDatagram), largestDatagram) : plainDatagram
  if (transport === 'stream' || whole.length <= room) return whole
  return encodeResponse(query, flags | TRUNCATED_RESPONSE, [], [], additionals)
}

function readQuery(message: Buffer): DecodedPacket | null {
  try {
    return decode(message)
  } catch {
    return null
  }
}

function optRecord(): Answer {
  return {
    type: 'OPT',
    name: '.',
    udpPayloadSize: largestDatagram,
    extendedRcode: 0,
    ednsVersion: 0,
    flags: 0,
    flag_do: false,
    options: [],
  }
}

const recursionDesired = 0x0100

function encodeResponse(
  query: DecodedPacket,
  flags: number,
  answers: Answer[],
  authorities: Answer[],
  additionals: Answer[],
): Buffer {
  return encode({
    type: 'response',
    id: query.id ?? 0,
    flags: flags | ((query.flags ?? 0) & recursionDesired),
    questions: query.questions ?? [],
    answers,
    authorities,
    additionals,
  })
}
