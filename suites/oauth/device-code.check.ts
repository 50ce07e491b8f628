import { about, test } from '../../harness/check/check.ts'
import { authorizationServer, neededOfConsent } from '../../harness/steps/authorization-server.ts'
import { usesOfDeviceCodes } from '../../harness/steps/device-codes.ts'

test(
  'the code of a device is hard to guess, paced, used once, and of use when somebody has agreed alone',
  about({
    practices: ['P01'],
    severity: 'high',
    problem: 'The device flow gives tokens that nobody has agreed to',
    why: 'Whoever guesses the code of a device, or sends his own to somebody as a link, gets tokens of that one.',
    remediation: {
      effort: 'medium',
      how: 'Give codes of eight letters that end within minutes, slow down whoever polls too fast, bind them to their client, and have somebody press a button who reads what it is about.',
    },
    references:
      'CWE-307 · CWE-613 · CWE-352 · API2:2023 · ASVS 5.0 10.4.15 · RFC 8628 §5 · RFC 8628 §3.5 · RFC 8628 §3.3.1',
    needs: [...neededOfConsent],
    reach: 'intrusive',
    showsBadCredentials: true,
    weaknesses: [
      'device-codes-of-few-letters',
      'device-codes-live-for-a-day',
      'never-counts-wrong-codes-of-devices',
      'takes-device-codes-twice',
      'takes-device-codes-of-other-clients',
      'never-slows-polling',
      'approves-devices-without-asking',
    ],
  }),
  async (kit) => {
    const server = await authorizationServer(kit)
    const [client] = server.clientsFor('urn:ietf:params:oauth:grant-type:device_code')
    kit.verify.applies(
      client !== undefined && server.has('device_authorization'),
      'the profile declares no client for the device flow (oauth.clients), or the server has none',
    )
    if (client === undefined) return
    // In one browser after the other: somebody reads one code at a time.
    await kit.verify.each(usesOfDeviceCodes(kit, server, client), ({ judge }) => judge(), 'one by one')
  },
)
