import escapeStringRegexp from 'escape-string-regexp'
import type { Reach } from '../model.ts'
import { reaches } from '../model.ts'
import type { ComesUp, Operation, Profile } from '../profile/shape.ts'
import { HeldBack, NotApplicable } from '../verdicts.ts'

/** What ZAP may do at this target, at this reach. */
export interface Limits {
  /** Whether it may send this; the path begins at the host. */
  keeps(method: string, path: string): boolean
  /** Why there is no active scan, and what would change that; `null` where there is one. */
  readonly noActiveScan: NotApplicable | HeldBack | null
  /** Java's regular expressions of the URLs in ZAP's scope, and of those left out of it. */
  readonly included: string
  readonly excluded: readonly string[]
}

/**
 * ZAP judges for itself what it sends where: so it may write, and attack, only where all mail of the target ends in the
 * sandbox, whatever recipient an attack makes up. It deletes from `disruptive` on. Where the budget counts mails, the calls
 * that send them are left out: ZAP counts none.
 */
export function limitsOf(
  profile: Profile,
  { reach, comesUp, exclude }: { reach: Reach; comesUp: ComesUp; exclude: readonly string[] },
): Limits {
  const allows = (needed: Reach) => reaches.indexOf(reach) >= reaches.indexOf(needed)
  const { recipients } = profile.mail
  const { origin } = new URL(profile.target.url)
  // ZAP's importer heeds no exclusion; Java matches the whole text.
  const left = exclude.map((pattern) => new RegExp(`^(?:${pattern})$`))
  const caught = recipients?.route === 'relay' || (recipients?.route === 'mx' && comesUp !== 'external')
  const sends =
    profile.budget?.mails === undefined
      ? []
      : Object.values(profile.operations)
          .filter((operation) => operation.sends)
          .flatMap(callsOf)
  const writes = allows('intrusive') && caught
  return {
    keeps(method, path) {
      if (left.some((pattern) => pattern.test(`${origin}${path}`))) return false
      if (method === 'GET' || method === 'HEAD') return true
      if (sends.some((call) => call.method === method && pathPattern(profile, call.template).test(path)))
        return false
      return writes && (method !== 'DELETE' || allows('disruptive'))
    },
    noActiveScan: !caught
      ? new NotApplicable(
          'an attack may make up recipients, and not all mail of this target ends in the sandbox; have it hand all mail to the sandbox and say so with mail.recipients.route: relay, or let the run start the target',
        )
      : allows('intrusive')
        ? null
        : new HeldBack('it is intrusive; allow it with --reach intrusive'),
    included: `^\\Q${new URL(profile.target.url).href.replace(/\/+$/, '')}\\E(?:[/?#].*)?$`,
    excluded: [
      ...exclude,
      ...sends.map(({ template }) => `^\\Q${origin}\\E${javaPattern(profile, template)}(?:[?#].*)?$`),
    ],
  }
}

function callsOf(operation: Operation): { method: string; template: string }[] {
  return pathTemplates(operation).map((template) => ({ method: operation.method, template }))
}

/** All paths of an operation, whatever inputs its call has. */
export function pathTemplates({ path, pathWith }: Operation): string[] {
  return [path, ...Object.values(pathWith)]
}

/** Matches the paths that an operation's template stands for, with values or with templates of their own. */
export function pathPattern(profile: Profile, template: string): RegExp {
  return new RegExp(`^${fixedParts(profile, template).map(escapeStringRegexp).join('[^/?#]+')}$`)
}

function javaPattern(profile: Profile, template: string): string {
  return fixedParts(profile, template)
    .map((part) => `\\Q${part}\\E`)
    .join('[^/?#]+')
}

function fixedParts({ target }: Profile, template: string): string[] {
  return `${new URL(target.url).pathname.replace(/\/+$/, '')}${template}`.split(/\{[^}]*\}/)
}
