import { readdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { type ContainerRuntimeClient, getContainerRuntimeClient } from 'testcontainers'
import { expect } from 'vitest'
import { inPlace, type Place } from '../runner/spawned.testing.ts'

/** For tests: the engine; `null` where none answers. */
export const engine: ContainerRuntimeClient | null = await getContainerRuntimeClient().catch(() => null)

/** The image that tests start Mailpit from. */
export const { MAILPIT_IMAGE: mailpit = 'axllent/mailpit:v1.30.5' } = process.env

/** What is there of containers, networks and volumes, by their names. */
export async function inventory(): Promise<string[]> {
  const dockerode = engine?.container.dockerode
  if (dockerode === undefined) return []
  const [containers, networks, volumes] = await Promise.all([
    dockerode.listContainers({ all: true }),
    dockerode.listNetworks(),
    dockerode.listVolumes(),
  ])
  const names = [...containers.map(({ Id }) => Id), ...networks.map(({ Id }) => Id)]
  return [...names, ...(volumes.Volumes ?? []).map(({ Name }) => Name)].sort()
}

/** Runs with this profile; nothing may be left of it afterwards. */
export async function runsOf(
  profile: string,
  use: (
    start: (args: readonly string[], env?: Record<string, string>) => ReturnType<Place['postern']>,
    place: Place,
  ) => Promise<void>,
): Promise<void> {
  const before = await inventory()
  await inPlace(async (place) => {
    const file = path.join(place.folder, 'target.yaml')
    await writeFile(file, profile)
    await use(
      (args, env) => place.postern(['run', '--target', file, '--out', place.out, ...args], env),
      place,
    )
    // The library's lock among builds of one user stays where all of them find it.
    const left = (await readdir(place.temporary)).filter(
      (name) => !/^testcontainers-node.*\.lock$/.test(name),
    )
    expect(left).toEqual([])
  })
  expect(await inventory()).toEqual(before)
}
