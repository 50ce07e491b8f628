import { about, test } from '../../harness/check/check.ts'
import { tryingTools } from '../../harness/steps/mcp-tools.ts'

test(
  'a tool of an MCP server does no more than the API allows, and no more than it is asked',
  about({
    practices: ['P12', 'P14', 'P21', 'P18'],
    severity: 'critical',
    problem: 'A tool of the MCP server does what the API refuses, or more than it is asked',
    why: 'A model that reads mail of strangers calls the tools: whatever they grant beyond the credential, or take beyond their arguments, those strangers get.',
    remediation: {
      effort: 'medium',
      how: 'Have each tool make the call of the API by the credential that was shown, decided in the same place; refuse arguments that its schema does not name; look at its texts for what nobody sees.',
      before: "server.tool('send', {}, (given) => api.send({ ...given, key: process.env.ADMIN_KEY }))",
      after:
        "server.tool('send', { to, text }, ({ to, text }, { authInfo }) => api.send({ to, text }, authInfo))",
    },
    references:
      'CWE-863 · CWE-441 · CWE-915 · API5:2023 · LLM06:2025 · RFC 9728 §7 · RFC 8707 §2 · ASVS 5.0 8.2.1 · ASVS 5.0 8.3.1',
    needs: ['profile:mcp', 'principal:admin'],
    reach: 'intrusive',
    weaknesses: [
      'lets-anybody-call-tools',
      'takes-tokens-of-other-services-for-tools',
      'reads-tokens-without-verifying-them-for-tools',
      'calls-tools-with-all-scopes',
      'reads-messages-of-all-tenants-for-tools',
      'takes-the-tenant-from-arguments-of-tools',
      'hands-further-arguments-of-tools-on',
      'sends-from-any-domain-for-tools',
      'copies-mail-of-tools-to-an-archive',
      'hides-words-in-descriptions-of-tools',
    ],
    showsBadCredentials: true,
  }),
  async (kit) => {
    const { profile, verify } = kit
    const { mcpCalls } = profile
    verify.applies(
      mcpCalls !== null && Object.keys(mcpCalls.tools).length > 0,
      'profile says of no tool what it stands for (mcp.tools)',
    )
    if (mcpCalls === null) return
    const parts = await tryingTools(kit, mcpCalls)
    await verify.each(parts, ({ judge }) => judge())
  },
)
