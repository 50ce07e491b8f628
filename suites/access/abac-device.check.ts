import { about, test } from '../../harness/check/check.ts'
import { neededOfAccounts } from '../../harness/steps/accounts.ts'
import { devicesOfPeople } from '../../harness/steps/outside-of-rules.ts'
import { keptOutByRules } from '../../harness/steps/rules-of-people.ts'

test(
  'somebody who is bound to a device is let in by no other, whatever a request says of its own',
  about({
    practices: ['P04'],
    severity: 'high',
    problem: 'An account can be used with devices that it is not for',
    why: 'What a request says of its device is written by whoever sends it: a stolen password or session is then as good anywhere as on the device that is managed.',
    remediation: {
      effort: 'high',
      how: 'Bind devices by a key that does not leave them (client certificates, WebAuthn, DPoP), ask for its proof at the sign-in and with every request, and take User-Agent, client hints and ids of devices for nothing more than a label.',
      before: "if (/Windows|Mac/.test(req.headers['user-agent'])) allow()",
      after: 'const { thumbprint } = await verifyProof(req)\nif (user.devices.includes(thumbprint)) allow()',
    },
    references:
      'CWE-290 · CWE-807 · CWE-565 · API5:2023 · ASVS 5.0 8.2.4 · ASVS 5.0 8.1.3 · ASVS 5.0 8.4.2 · RFC 9449 §4.3',
    needs: [...neededOfAccounts, 'user.update:devices'],
    reach: 'intrusive',
    weaknesses: [
      'looks-at-no-device',
      'looks-at-devices-at-the-sign-in-alone',
      'takes-the-device-from-the-user-agent',
      'knows-devices-by-what-they-are-called',
      'takes-any-proof-for-a-known-device',
    ],
  }),
  async (kit) => {
    await keptOutByRules(kit, devicesOfPeople())
  },
)
