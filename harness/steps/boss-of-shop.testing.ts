/** For tests: of a profile, how the boss of a shop signs in, up to where its other operations follow. */
export const bossSignsIn = `
principals:
  admin:
    session:
      input: {email: boss@shop.test, password: "\${env:PASSWORD}"}
      headers: {authorization: "Bearer {token}"}
  anonymous: {none: true}
operations:
  session.create:
    method: POST
    path: /session
    as: anonymous
    body: '{"email": email, "password": password}'
    result: {token: body.token}`
