import type { Resource } from './resource.ts'

/** Somebody signs in. */
export const session = {
  words: ['session', 'login', 'signin', 'token', 'authenticate'],
  named: 'email',
  verbs: {
    create: {
      effect: 'create',
      inputs: { email: 'text', password: 'text', code: 'text' },
      results: { token: 'secret', expiresIn: 'number', csrf: 'secret' },
      essential: ['password'],
      untried: 'whoever makes it is nobody yet',
      calls: ['POST R', 'POST R/{}', 'POST auth/R', 'POST R/create'],
    },
  },
  otherNames: {
    inputs: {
      email: ['emailaddress', 'address', 'username', 'login'],
      password: ['pass', 'passphrase'],
    },
    results: {
      token: ['accesstoken', 'jwt', 'idtoken', 'sessiontoken'],
      expiresIn: ['ttl', 'lifetime'],
      csrf: ['csrftoken', 'xsrftoken'],
    },
  },
} as const satisfies Resource
