import { Unavailable } from './obstacles.ts'

/**
 * What a package makes of itself that is not installed with ours, since few runs need it. Throws Unavailable, with the command that
 * installs it, where it is missing.
 */
export async function optional<Module>(
  name: keyof typeof uses,
  load: () => Promise<Module>,
): Promise<Module> {
  try {
    return await load()
  } catch (error) {
    if (!isMissing(error, name)) throw error
    throw new Unavailable(
      `expected the package ${name}, which ${uses[name]}; it is not installed; npm install --save-dev ${name}`,
    )
  }
}

const uses = {
  testcontainers: 'brings up targets in containers',
  zaproxy: 'talks to ZAP',
} as const

/** Whether it is this one that was not found, by whatever asked for it. */
function isMissing(error: unknown, name: string): boolean {
  const { code, message } = error as NodeJS.ErrnoException
  return code === 'ERR_MODULE_NOT_FOUND' && message.includes(`'${name}'`)
}
