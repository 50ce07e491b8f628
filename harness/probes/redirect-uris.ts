/** A redirect URI that was never registered, though it looks like the one that was. */
export interface RedirectVariant {
  readonly name: string
  readonly uris: readonly string[]
}

/** Where nobody is (RFC 2606 §2): nothing is sent there. */
const stranger = 'attacker.example'

/**
 * Ways to have an answer sent elsewhere than to the registered URI, each of which a comparison by less than all of its characters
 * lets through (RFC 9700 §4.1). Of a native client, whose loopback port may be any, no port is changed.
 */
export function otherRedirects(
  registered: string,
  { isNative }: { readonly isNative: boolean },
): RedirectVariant[] {
  const url = URL.parse(registered)
  const elsewhere = { name: 'another host', uris: [`https://${stranger}/callback`] }
  if (url === null || !/^https?:$/.test(url.protocol)) return [elsewhere]
  const { protocol, host, hostname, port, pathname } = url
  const at = (authority: string, path = pathname) => `${protocol}//${authority}${path}`
  const isAddress = /^[\d.]+$|^\[/.test(hostname)
  const one = (name: string, uri: string): RedirectVariant => ({ name, uris: [uri] })
  const folder = pathname.replace(/[^/]*$/, '')
  return [
    elsewhere,
    one('a path below', at(host, `${pathname.replace(/\/$/, '')}/below`)),
    one('a path with more letters', at(host, `${pathname}x`)),
    one('a sibling by dots', at(host, `${pathname.replace(/\/$/, '')}/../${stranger}`)),
    one('a sibling by encoded dots', at(host, `${pathname.replace(/\/$/, '')}/%2e%2e/${stranger}`)),
    one('another path', at(host, `${folder}${stranger}`)),
    // On many servers a path in capitals is another file.
    ...(pathname === pathname.toUpperCase()
      ? []
      : [one('its path in capitals', at(host, pathname.toUpperCase()))]),
    one('a query', `${at(host)}?next=https://${stranger}/`),
    one('a fragment', `${at(host)}#${stranger}`),
    ...(isNative ? [] : [one('another port', at(`${hostname}:${port === '8444' ? '8445' : '8444'}`))]),
    ...(protocol === 'https:' ? [one('http instead of https', `http://${host}${pathname}`)] : []),
    ...(isAddress
      ? []
      : [
          one('a host below', at(`evil.${host}`)),
          one('a host with a suffix', at(`${hostname}.${stranger}`)),
        ]),
    ...(isAddress ? [] : [one('a host with a prefix', at(`evil${host}`))]),
    one('its host as user name', at(`${hostname}@${stranger}`)),
    one('its host before a backslash', at(`${stranger}\\@${host}`)),
    one('its URI as a query of another', `https://${stranger}/?${registered}`),
    one('a scheme of an app', `com.${stranger.split('.')[0]}:/callback`),
    { name: 'two, the registered one first', uris: [registered, `https://${stranger}/callback`] },
    { name: 'two, the registered one last', uris: [`https://${stranger}/callback`, registered] },
  ]
}
