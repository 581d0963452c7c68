import { name } from "../environment.ts";
import { CommandError, run } from "../host/command.ts";

export type Labels = Record<string, string> | null;

export interface Container {
  /** Docker's name of the status: "created", "running", "paused", "exited" … */
  status: string;
  /** When the container was last started, in RFC 3339. */
  startedAt: string;
  image: string;
  labels: Labels;
  mounts: Mount[];
  /** The id of its network. Docker doesn't accept a new network of the same name. */
  networkId?: string;
}

export interface Mount {
  source: string;
  destination: string;
}

/** The container, volume and network that Docker has under this environment's name. */
export interface DockerObjects {
  container?: Container;
  volume?: { labels: Labels };
  network?: { id: string; labels: Labels; subnets: string[] };
}

export async function inspectObjects(): Promise<DockerObjects> {
  const [container, volume, network] = await Promise.all([
    inspectContainer(),
    inspect("volume"),
    inspect("network"),
  ]);
  return {
    ...(container && { container }),
    ...(volume && { volume: { labels: volume.Labels } }),
    ...(network && {
      network: {
        id: network.Id,
        labels: network.Labels,
        subnets: (network.IPAM.Config ?? []).map(
          ({ Subnet }: { Subnet: string }) => Subnet,
        ),
      },
    }),
  };
}

export async function inspectContainer(): Promise<Container | undefined> {
  const container = await inspect("container");
  if (!container) return undefined;
  return {
    status: container.State.Status,
    startedAt: container.State.StartedAt,
    image: container.Config.Image,
    labels: container.Config.Labels,
    mounts: container.Mounts.map(
      ({ Source, Destination }: { Source: string; Destination: string }) => ({
        source: Source,
        destination: Destination,
      }),
    ),
    networkId: container.NetworkSettings.Networks[name]?.NetworkID,
  };
}

async function inspect(kind: "container" | "volume" | "network") {
  try {
    return JSON.parse(await run("docker", [kind, "inspect", name]))[0];
  } catch (error) {
    if (
      error instanceof CommandError &&
      /no such (container|volume|network)|network \S+ not found/i.test(
        error.output,
      )
    )
      return undefined;
    throw error; // if the engine doesn't answer, the object may exist
  }
}
