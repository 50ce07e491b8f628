import { expect, test } from 'vitest'
import { sampleApi, zone } from '../../fixtures/reference-api/sample-api.testing.ts'
import { openedPages } from './opened.testing.ts'

const pages = openedPages()

/** What people's browsers do at the provider's own page. */
const made = (options: object) =>
  `navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(${JSON.stringify(options)}) }).then((made) => made.toJSON())`
const shown = (options: object) =>
  `navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(${JSON.stringify(options)}) }).then((shown) => shown.toJSON())`

test('a browser registers a passkey at the reference API, and signs in with it, by itself and behind the password', async () => {
  const { call, signIn, variable } = await sampleApi()
  const page = await pages.newPage({ ignoreHTTPSErrors: true })
  const origin = `https://app.${zone}/`
  await page.route(`${origin}**`, (route) => route.fulfill({ contentType: 'text/html', body: 'Sign in' }))
  await page.goto(origin)
  const devtools = await page.context().newCDPSession(page)
  await devtools.send('WebAuthn.enable')
  const authenticator = {
    protocol: 'ctap2',
    transport: 'internal',
    automaticPresenceSimulation: true,
  } as const
  await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: { ...authenticator, hasResidentKey: true, hasUserVerification: true, isUserVerified: true },
  })

  const session = await signIn('ADMIN')
  const [email, password] = [variable('REFERENCE_ADMIN_EMAIL'), variable('REFERENCE_ADMIN_PASSWORD')]
  const begun = await call('post', '/v1/me/passkeys/options', session).send({ password }).expect(200)
  const { ceremony } = begun.body
  await call('post', '/v1/me/passkeys', session)
    .send({ ceremony, credential: await page.evaluate(made(begun.body.options)) })
    .expect(201)

  const signedIn = async (asked: object) => {
    const { body } = await call('post', '/v1/session/passkey/options').send(asked).expect(200)
    const credential = await page.evaluate(shown(body.options))
    const opened = await call('post', '/v1/session/passkey').send({ ceremony: body.ceremony, credential })
    const { body: me } = await call('get', '/v1/me', opened.body.access_token)
    return me.email
  }
  expect(await signedIn({})).toBe(email)
  const { body } = await call('post', '/v1/session').send({ email, password }).expect(200)
  expect(body).toEqual({ expires_in: 300, challenge: expect.any(String) })
  expect(await signedIn({ challenge: body.challenge })).toBe(email)
  await page.close()
})
