import { placesOf } from '../api/reach.ts'
import { UsageError } from '../obstacles.ts'
import { type Addresses, resolveHosts } from '../pinned-lookup.ts'
import { isLoopback } from '../profile/authorization.ts'
import type { Profile, ProfileDocument } from '../profile/profile.ts'

/**
 * What the hosts of the profile resolve to, for the whole run. Throws UsageError where one that is taken for this machine is
 * another: nobody has allowed to test that.
 */
export async function addressesOf(
  document: ProfileDocument,
  profile: Profile,
  resolve = resolveHosts,
): Promise<Addresses> {
  const places = placesOf(profile)
  const addresses = await resolve(places.map(({ host }) => host))
  for (const { host, path } of places) {
    const outside = (addresses[host] ?? []).find(({ address }) => !isLoopback(address))
    if (outside === undefined || !isLoopback(host)) continue
    const { file, line } = document.locate(path)
    throw new UsageError(
      `${file}:${line} ${path.join('.')}: expected ${host} to be this machine; seen ${outside.address}; correct the hosts file, or write 127.0.0.1`,
    )
  }
  return addresses
}
