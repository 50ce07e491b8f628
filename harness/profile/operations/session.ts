import type { Resource } from './resource.ts'

/** Somebody signs in, and out. */
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
    // The caller's own.
    end: {
      effect: 'delete',
      inputs: {},
      results: {},
      untried: 'it ends the session that other calls are made by',
      calls: [
        ...[
          'DELETE R',
          'POST logout',
          'POST signout',
          'DELETE logout',
          'POST auth/logout',
          'POST auth/signout',
        ],
        ...['POST R/logout', 'DELETE R/{}', 'GET logout', 'POST revoke'],
      ],
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
