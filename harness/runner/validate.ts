import { sentence } from '../../reports/visible.ts'
import { plural } from '../../reports/wording.ts'
import { readProfile, resolveProfile } from '../profile/profile.ts'
import { isSubmissionAlone } from '../profile/submission-alone.ts'
import { createCertificates } from '../sandbox/certificates.ts'
import { authorityOf } from './authority.ts'
import { countedFurther } from './further.ts'
import { profileFile } from './reference-profile.ts'
import { unsetOf } from './unset.ts'

/**
 * Checks a profile, and what it extends, as a run does before it sends anything. No variable need be set, no command is run and
 * nothing is sent. Throws ProfileError with every mistake.
 */
export async function validate({ target }: { readonly target?: string }): Promise<0> {
  const document = await readProfile(profileFile(target))
  const profile = await resolveProfile(document, process.env, { standIns: true })
  const authority = await authorityOf(document)
  if (authority !== null) await createCertificates('postern.test', authority)
  const operations = Object.keys(profile.operations).length
  const what = isSubmissionAlone(document.data)
    ? 'a submission service'
    : `${plural(operations, 'operation')}${await countedFurther(document, profile)}`
  const principals = plural(Object.keys(profile.principals).length, 'principal')
  console.log(
    `${document.file} is sound: ${sentence(profile.name)}, ${what}, ${principals}; nothing was sent`,
  )
  const unset = unsetOf(document)
  if (unset !== null) console.log(`unset  ${unset}`)
  console.log(
    'next   postern plan says what a run would send, postern doctor proves the profile against its target',
  )
  return 0
}
