import { newProofKey, proofOf, thumbprintOf } from '../probes/dpop.ts'
import { hoursAround, minutesBack } from '../probes/hours.ts'
import { claimsOfElsewhere, networksElsewhere } from './networks-of-keys.ts'
import { type Claim, type PartOfRule, saying } from './rules-of-people.ts'

/** A network where nobody is. */
export function networksOfPeople(): PartOfRule {
  // A field that holds one address may be read as a whole, and of several the first or the last.
  const isList = ({ value }: { readonly value: string }) => value.includes(', ')
  const claims = [
    claiming(
      'with every field that names an address',
      claimsOfElsewhere.filter((each) => !isList(each)),
    ),
    claiming('with a list of addresses', claimsOfElsewhere.filter(isList)),
  ]
  return {
    part: 'networks',
    // Some know networks of IPv4 alone, and some none that holds everybody.
    open: [['0.0.0.0/0', '::/0'], ['0.0.0.0/0'], ['0.0.0.0/1', '128.0.0.0/1']],
    shut: [{ name: '', value: networksElsewhere, claims }],
  }
}

/** Fields that are said all at once, and each by itself where a target refuses fields that contradict each other. */
function claiming(
  name: string,
  fields: readonly { readonly header: string; readonly value: string }[],
): Claim {
  const said = fields.map(({ header, value }) => [header, value] as const)
  return {
    ...{ name, change: saying(Object.fromEntries(said)) },
    alone: said.length > 1 ? said.map(([header, value]) => saying({ [header]: value })) : [],
  }
}

/** Hours of the day that it is not now, at the target’s time in epoch milliseconds; those that are over it once was in. */
export function hoursOfPeople(now: number): PartOfRule {
  const { open, over, later, aroundMidnight } = hoursAround(now)
  const { clock, zone } = timesOfOthers(now)
  return {
    part: 'hours',
    open: [open],
    shut: [
      {
        ...{ name: 'hours that are over', value: over },
        claims: [
          { name: 'with another time', change: saying(clock) },
          { name: 'with another zone', change: saying(zone) },
        ],
      },
      { name: 'hours that begin later', value: later },
      ...(aroundMidnight === null ? [] : [{ name: 'hours around midnight', value: aroundMidnight }]),
    ],
  }
}

/** Fields by which it were within `over`: by a clock that is behind, or in a zone to the west. */
export function timesOfOthers(now: number) {
  const then = new Date(now - minutesBack * 60_000)
  const seconds = String(Math.floor(then.getTime() / 1000))
  return {
    clock: {
      ...{ Date: then.toUTCString(), 'X-Date': then.toISOString() },
      ...{ 'X-Timestamp': seconds, 'X-Request-Time': seconds },
    },
    // As browsers count minutes, and as zones are named.
    zone: { 'X-Timezone-Offset': String(minutesBack), 'X-Timezone': `Etc/GMT+${minutesBack / 60}` },
  }
}

/** A device that nobody has: all that stands for it is what may be written. */
export function devicesOfPeople(): PartOfRule {
  const device = thumbprintOf(newProofKey())
  const other = newProofKey()
  return {
    part: 'devices',
    shut: [
      {
        ...{ name: '', value: [device] },
        claims: [
          {
            name: 'as a browser on a desk',
            change: saying({
              'User-Agent':
                'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
              ...{ 'Sec-CH-UA-Mobile': '?0', 'Sec-CH-UA-Platform': '"Windows"', 'X-Device-Type': 'desktop' },
            }),
          },
          {
            name: 'as an app on a phone',
            change: saying({
              'User-Agent':
                'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148',
              ...{ 'Sec-CH-UA-Mobile': '?1', 'Sec-CH-UA-Platform': '"iOS"', 'X-Device-Type': 'mobile' },
            }),
          },
          {
            name: 'by the name of the device',
            change: saying({
              ...{ 'X-Device-Id': device, 'X-Device-Token': device, 'X-Device-Fingerprint': device },
              'X-Device-Trusted': 'true',
            }),
          },
          {
            name: 'with the proof of another device',
            change: (request) => {
              const htu = `${request.origin}${request.path.split('?', 1)[0]}`
              return saying({ DPoP: proofOf(other, { htm: request.method, htu }) })(request)
            },
          },
        ],
      },
    ],
  }
}
