import type { Resource } from './resource.ts'

/** Somebody signs in by an identity provider of their own (SAML 2.0 Web Browser SSO). */
export const sso = {
  words: ['sso', 'saml', 'federation', 'singlesignon'],
  named: 'email',
  verbs: {
    // Where a browser is sent with its request; of a target that takes answers which it has not asked for, there is none.
    begin: {
      effect: 'create',
      inputs: { email: 'text' },
      // A URL with SAMLRequest in its query.
      results: { location: 'text' },
      byNobody: true,
      untried: 'whoever makes it is nobody yet',
      calls: ['GET R', 'GET R/{}', 'GET R/login', 'GET R/start', 'POST R', 'POST R/login', 'POST R/start'],
    },
    // The answer, in Base64, as a browser posts it (SAMLResponse), with what the request was sent with (RelayState).
    finish: {
      effect: 'create',
      inputs: { response: 'text', relayState: 'text' },
      results: { token: 'secret', expiresIn: 'number', csrf: 'secret' },
      essential: ['response'],
      byNobody: true,
      untried: 'it takes what is signed by an identity provider',
      calls: ['POST R/acs', 'POST R/callback', 'POST R/consume', 'POST R/{}/acs', 'POST R/{}/consume'],
    },
  },
  otherNames: {
    inputs: {
      response: ['samlresponse'],
      relayState: ['state'],
      email: ['emailaddress', 'address', 'username', 'login', 'domain'],
    },
    results: {
      location: ['url', 'redirect', 'redirecturl'],
      token: ['accesstoken', 'jwt', 'idtoken', 'sessiontoken'],
      expiresIn: ['ttl', 'lifetime'],
      csrf: ['csrftoken', 'xsrftoken'],
    },
  },
} as const satisfies Resource
