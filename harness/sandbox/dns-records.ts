import { isIPv4, isIPv6 } from 'node:net'
import type { Answer, CaaAnswer } from 'dns-packet'
import type { DnsRecord } from '../model.ts'
import { canonicalName } from './names.ts'

const defaultTtl = 60

/** A record in presentation form as `dns-packet` wants it; throws where the value does not fit the type. */
export function recordAnswer(record: DnsRecord): Answer {
  const { name, type, value } = record
  const ttl = record.ttl ?? defaultTtl
  switch (type) {
    case 'A':
      return { name, ttl, type, data: fitting(isIPv4(value), record, 'an IPv4 address') }
    case 'AAAA':
      return { name, ttl, type, data: fitting(isIPv6(value), record, 'an IPv6 address') }
    case 'CNAME':
    case 'NS':
    case 'PTR':
      return { name, ttl, type, data: canonicalName(fitting(value !== '', record, 'a name')) }
    case 'TXT':
      return { name, ttl, type, data: characterStrings(value) }
    case 'MX': {
      const [, preference, exchange] = parts(record, /^(\d{1,5}) (\S+)$/, '"10 mx.example"')
      return {
        name,
        ttl,
        type,
        data: { preference: Number(preference), exchange: canonicalName(exchange ?? '') },
      }
    }
    case 'TLSA': {
      const [, usage, selector, matchingType, hex] = parts(
        record,
        /^([0-3]) ([01]) ([0-2]) ((?:[0-9a-f]{2})+)$/i,
        '"3 1 1 <hex>"',
      )
      const certificate = Buffer.from(hex ?? '', 'hex')
      const data = {
        usage: Number(usage),
        selector: Number(selector),
        matchingType: Number(matchingType),
        certificate,
      }
      return { name, ttl, type, data }
    }
    case 'CAA': {
      const [, flags, tag, issuer] = parts(
        record,
        /^(\d{1,3}) (issue|issuewild|iodef) "(.*)"$/,
        '\'0 issue "ca.example"\'',
      )
      return {
        name,
        ttl,
        type,
        data: { flags: Number(flags), tag: tag as CaaAnswer['data']['tag'], value: issuer ?? '' },
      }
    }
  }
}

/** RFC 1035 §3.3: a character-string has at most 255 octets, so a longer text is several. */
function characterStrings(text: string): Buffer[] {
  const bytes = Buffer.from(text)
  const strings = [bytes.subarray(0, 255)]
  for (let at = 255; at < bytes.length; at += 255) strings.push(bytes.subarray(at, at + 255))
  return strings
}

function fitting(fits: boolean, { name, type, value }: DnsRecord, expected: string): string {
  if (fits) return value
  throw new Error(`${name} ${type}: expected ${expected}, saw ${JSON.stringify(value)}.`)
}

function parts(record: DnsRecord, form: RegExp, expected: string): RegExpExecArray {
  const match = form.exec(record.value)
  if (match) return match
  throw new Error(`${record.name} ${record.type}: expected ${expected}, saw ${JSON.stringify(record.value)}.`)
}
