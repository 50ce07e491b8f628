import {
  GetEmailIdentityCommand,
  ListSuppressedDestinationsCommand,
  SESv2Client,
  SendEmailCommand,
} from '@aws-sdk/client-sesv2'
import { expect, test } from 'vitest'
import type { HttpRequest } from '../model.ts'
import { scriptText } from '../shell.ts'
import { inPlaceOf } from '../steps/doors.ts'
import type { Api } from './api.ts'
import { field, type Recorded, startRecordingTarget, withApi, zone } from './recording-target.testing.ts'
import { type SigV4Key, signSigV4 } from './sigv4.ts'

const secrets = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  sessionToken: 'c2Vzc2lvbg/+token==',
}
const key: SigV4Key = { ...secrets, region: 'eu-west-1', service: 'ses' }

/** What arrived, with the fields that are signed alone, and when that was. */
function arrived(recorded: Recorded): { request: HttpRequest; at: Date } {
  const { method, path, body } = recorded
  const covered = /SignedHeaders=([^,]+)/.exec(field(recorded, 'authorization') ?? '')?.[1]?.split(';') ?? []
  const headers = recorded.headers.filter(([name]) => covered.includes(name.toLowerCase()))
  const origin = `http://${field(recorded, 'host')}`
  const date = field(recorded, 'x-amz-date') ?? ''
  const iso = date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z')
  return { request: { method, origin, path, headers, body: Buffer.from(body, 'latin1') }, at: new Date(iso) }
}

/** The value of Authorization that belongs to what arrived. */
async function rightful(recorded: Recorded, by: SigV4Key): Promise<string | undefined> {
  const { request, at } = arrived(recorded)
  const signed = await signSigV4(request, by, at)
  return signed.headers.find(([name]) => name === 'authorization')?.[1]
}

test('a signature is the one that AWS’s own client makes of the same request at the same moment', async () => {
  const target = await startRecordingTarget(() => ({}))
  const client = new SESv2Client({ endpoint: target.url, region: 'eu-west-1', credentials: secrets })
  const content = { Subject: { Data: 'Grüße' }, Body: { Text: { Data: 'Hello' } } }
  try {
    await client.send(new SendEmailCommand({ FromEmailAddress: 'a@shop.test', Content: { Simple: content } }))
    await client.send(new GetEmailIdentityCommand({ EmailIdentity: 'a b+c/ü@shop.test' }))
    const until = new Date(0)
    await client.send(
      new ListSuppressedDestinationsCommand({
        Reasons: ['COMPLAINT', 'BOUNCE'],
        NextToken: 'a+/=',
        EndDate: until,
      }),
    )
  } finally {
    client.destroy()
    await target.close()
  }
  expect(target.requests.map(({ method }) => method)).toEqual(['POST', 'GET', 'GET'])
  expect(target.requests[2]?.path).toMatch(/Reason=COMPLAINT&Reason=BOUNCE/)
  for (const request of target.requests) {
    expect(await rightful(request, key)).toBe(field(request, 'authorization'))
    expect(field(request, 'x-amz-security-token')).toBe(key.sessionToken)
  }
})

const profile = `
principals:
  sender:
    sigv4:
      accessKeyId: '\${env:AWS_ACCESS_KEY_ID}'
      secretAccessKey: '\${env:AWS_SECRET_ACCESS_KEY}'
      sessionToken: '\${env:AWS_SESSION_TOKEN}'
      region: eu-west-1
      service: ses
  anonymous: { none: true }
operations:
  message.send: {method: POST, path: /v2/email/outbound-emails, body: '{"to": [to.email], "text": text}'}
  suppression.delete: {method: DELETE, path: '/v2/email/suppression/addresses/{email}', query: {tag: '{email}'}}
mail: {from: a@shop.test}`

const env = {
  AWS_ACCESS_KEY_ID: secrets.accessKeyId,
  AWS_SECRET_ACCESS_KEY: secrets.secretAccessKey,
  AWS_SESSION_TOKEN: secrets.sessionToken,
}

test('a principal signs each call, and anew what a check changed of it; nobody does not', async () => {
  await withApi({ profile, env }, async ({ api, requests }) => {
    const to = `ann@inbox.sound.${zone}`
    await api.call('message.send', { to, text: 'x' })
    await api.call('suppression.delete', { email: 'a+b&c/d@example.com' })
    const prepared = await api.prepare('message.send', { to, text: 'x' })
    const changed = {
      ...prepared,
      path: `${prepared.path}/.//%zz?q=%`,
      headers: [...prepared.headers, ['X-Twice', '1'], ['x-twice', '  2  ']] as const,
      body: '{}',
    }
    await api.send(changed, { operation: 'message.send', principal: 'sender', input: { to } })
    await api.call('message.send', { to, text: 'x' }, null)
    const bare = await api.prepare('message.send', { to, text: 'x' }, null)
    await api.send(bare, { operation: 'message.send', principal: 'sender', input: { to } })
    for (const request of requests.slice(0, 3)) {
      expect(request.headers.filter(([name]) => name === 'authorization')).toHaveLength(1)
      expect(field(request, 'authorization')).toBe(await rightful(request, key))
    }
    expect(requests[2]).toMatchObject({ path: changed.path, body: '{}' })
    expect(requests.slice(3).map((request) => field(request, 'authorization'))).toEqual([
      undefined,
      undefined,
    ])
  })
})

test('the line to repeat it has curl sign; neither it nor the evidence holds a part of a key or a signature', async () => {
  await withApi({ profile, env }, async ({ api }) => {
    const exchange = await api.call('suppression.delete', { email: 'a@example.com' })
    const line = scriptText(api.script(exchange))
    expect(line).toContain(
      `--aws-sigv4 'aws:amz:eu-west-1:ses' -u "$AWS_ACCESS_KEY_ID"':'"$AWS_SECRET_ACCESS_KEY" -H 'accept`,
    )
    expect(line).toContain(`-H 'x-amz-security-token: '"$AWS_SESSION_TOKEN"`)
    expect(line).not.toMatch(/authorization|x-amz-date|x-amz-content-sha256|[0-9a-f]{32}/i)
    const shown = api.redact(exchange.request.headers.map((pair) => pair.join(': ')).join('\n'))
    expect(shown).toMatch(
      /^authorization: AWS4-HMAC-SHA256 Credential=\$AWS_ACCESS_KEY_ID\/\d{8}\/eu-west-1\/ses\/aws4_request, SignedHeaders=[a-z0-9;-]+, Signature=\$CREDENTIAL$/m,
    )
    const signature = /Signature=(\w+)/.exec(JSON.stringify(exchange.request.headers))?.[1] ?? ''
    expect(signature).toHaveLength(64)
    for (const secret of [...Object.values(secrets), signature]) {
      expect(`${line}\n${shown}`).not.toContain(secret)
      const echoed = JSON.stringify({ Message: Object.fromEntries(exchange.request.headers) })
      expect(api.redact(echoed)).not.toContain(secret)
    }
  })
})

test('a key of one part does not take the place of a signature', async () => {
  await withApi({ profile, env }, async ({ api }: { api: Api }) => {
    await expect(inPlaceOf(api, 'sender', 'new-key')).rejects.toThrow('signs with an access key of two parts')
    expect(await api.credential('sender')).toMatchObject({ kind: 'sigv4', headers: [], query: [] })
  })
})
