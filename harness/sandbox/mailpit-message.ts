import { createHash } from 'node:crypto'
import {
  type AddressObject,
  type Attachment,
  type EmailAddress,
  type ParsedMail,
  simpleParser,
} from 'mailparser'
import type { Envelope } from '../model.ts'

export interface Address {
  readonly Name: string
  readonly Address: string
}

export interface Part {
  readonly PartID: string
  readonly FileName: string
  readonly ContentType: string
  readonly ContentID: string
  readonly Size: number
  readonly Checksums: { readonly MD5: string; readonly SHA1: string; readonly SHA256: string }
}

/** What Mailpit knows of a message. */
export interface MailpitMessage {
  readonly from: Address
  readonly to: readonly Address[]
  readonly cc: readonly Address[]
  /** With the envelope recipients that no header names. */
  readonly bcc: readonly Address[]
  readonly replyTo: readonly Address[]
  readonly returnPath: string
  readonly subject: string
  /** Without the angle brackets. */
  readonly messageId: string
  readonly date: Date | null
  readonly text: string
  readonly html: string
  readonly attachments: readonly Part[]
  readonly inline: readonly Part[]
  /** As stored: with what Mailpit adds. */
  readonly raw: Buffer
}

/** Parses a message and adds the fields that Mailpit adds. `id` makes the Message-ID of a message without one. */
export async function readMessage(received: Buffer, envelope: Envelope, id: string): Promise<MailpitMessage> {
  const parsed = await parse(received)
  const [to, cc, named] = [parsed.to, parsed.cc, parsed.bcc].map(addresses) as [
    Address[],
    Address[],
    Address[],
  ]
  const inHeaders = new Set([...to, ...cc, ...named].map(({ Address }) => Address.toLowerCase()))
  const unnamed = envelope.to.filter((address) => !inHeaders.has(address.toLowerCase()))
  const messageId = (parsed.messageId ?? '').replace(/^<|>$/g, '')
  const added = [
    `Received: from wire by Mailpit with SMTP; ${new Date().toUTCString()}`,
    `Return-Path: <${envelope.from}>`,
    ...(messageId ? [] : [`Message-ID: <${id}@mailpit>`]),
    ...(unnamed.length > 0
      ? [`Bcc: ${[...named.map(({ Address }) => Address), ...unnamed].join(', ')}`]
      : []),
  ]
  const parts = parsed.attachments.map((attachment, at) => describePart(attachment, at))
  return {
    from: addresses(parsed.from)[0] ?? { Name: '', Address: '' },
    to,
    cc,
    bcc: [...named, ...unnamed.map((address) => ({ Name: '', Address: address }))],
    replyTo: addresses(parsed.replyTo),
    returnPath: envelope.from,
    subject: parsed.subject ?? '',
    messageId: messageId || `${id}@mailpit`,
    date: parsed.date ?? null,
    text: parsed.text ?? '',
    html: parsed.html || '',
    attachments: parts.filter(({ inline }) => !inline).map(({ part }) => part),
    inline: parts.filter(({ inline }) => inline).map(({ part }) => part),
    raw: Buffer.concat([Buffer.from(`${added.join('\r\n')}\r\n`), withoutReturnPath(received)]),
  }
}

/** The content of one attachment or inline part. */
export async function readPart(raw: Buffer, id: string): Promise<{ type: string; content: Buffer } | null> {
  const { attachments } = await parse(raw)
  const found = attachments.find((attachment, at) => partId(attachment, at) === id)
  return found ? { type: found.contentType, content: found.content } : null
}

/** Field names in Go's canonical form with their unfolded values, as Mailpit lists them. */
export function headerFields(raw: Buffer): Record<string, string[]> {
  const end = raw.indexOf('\r\n\r\n')
  const head = (end < 0 ? raw : raw.subarray(0, end)).toString('utf8')
  const fields: Record<string, string[]> = Object.create(null)
  for (const line of head.replace(/\r\n[ \t]+/g, ' ').split('\r\n')) {
    const colon = line.indexOf(':')
    if (colon < 1) continue
    const name = line
      .slice(0, colon)
      .toLowerCase()
      .replace(/(^|-)[a-z]/g, (start) => start.toUpperCase())
    fields[name] ??= []
    fields[name].push(line.slice(colon + 1).trim())
  }
  return fields
}

function parse(raw: Buffer): Promise<ParsedMail> {
  return simpleParser(raw, { skipImageLinks: true, skipTextLinks: true, skipTextToHtml: true })
}

function addresses(field: AddressObject | AddressObject[] | undefined): Address[] {
  const objects = field === undefined ? [] : Array.isArray(field) ? field : [field]
  return objects.flatMap(({ value }) => value.flatMap(flatten))
}

function flatten({ group, name, address }: EmailAddress): Address[] {
  return group ? group.flatMap(flatten) : [{ Name: name, Address: address ?? '' }]
}

function partId({ partId }: Attachment, at: number): string {
  return partId ?? String(at + 1)
}

function describePart(attachment: Attachment, at: number): { part: Part; inline: boolean } {
  const digest = (algorithm: string) => createHash(algorithm).update(attachment.content).digest('hex')
  const ContentID = attachment.cid ?? ''
  const part = {
    PartID: partId(attachment, at),
    FileName: attachment.filename ?? ContentID,
    ContentType: attachment.contentType,
    ContentID,
    Size: attachment.content.length,
    Checksums: { MD5: digest('md5'), SHA1: digest('sha1'), SHA256: digest('sha256') },
  }
  return { part, inline: attachment.related || attachment.contentDisposition === 'inline' }
}

/** Mailpit's own Return-Path replaces one that came along. */
function withoutReturnPath(raw: Buffer): Buffer {
  const end = raw.indexOf('\r\n\r\n')
  const head = raw.subarray(0, end < 0 ? raw.length : end + 2).toString('latin1')
  const kept = head.replace(/^return-path:.*\r\n(?:[ \t].*\r\n)*/gim, '')
  return kept === head
    ? raw
    : Buffer.concat([Buffer.from(kept, 'latin1'), raw.subarray(end < 0 ? raw.length : end + 2)])
}
