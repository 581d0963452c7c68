import * as pulumi from "@pulumi/pulumi";
import { hiddenClientsWarning } from "../config/client-addresses.ts";
import { connectionLimits } from "../config/connection-limits.ts";
import { imagesToBuild } from "../config/images.ts";
import { loadSettings } from "../config/load.ts";
import type { Settings } from "../config/settings.ts";
import {
  type DeploymentRecord,
  readDeploymentRecord,
} from "./deployment-record.ts";
import {
  type GeneratedValues,
  readGeneratedValues,
} from "./generated-secret.ts";
import { bundle } from "./images/bundle.ts";
import { createImageSource, type ImageSource } from "./images/image-source.ts";
import { type PinnedImage, pinDatabaseImage } from "./images/pinned-images.ts";
import { nodeHost, readKubeconfig } from "./kubeconfig.ts";
import { preflight } from "./preflight.ts";

/** The input of a deployment. */
export interface Preparation<Name extends string> {
  settings: Settings<Name>;
  /** The last deployment. */
  record: DeploymentRecord;
  /** The image of a service or of the log shipper. */
  imageOf: ImageSource;
  /** Values that earlier deployments generated, to keep. */
  generatedValues: GeneratedValues;
  /** The connection limit of each service with a database that runs in this cluster. */
  databaseLimits: Record<string, number>;
  /** The database's image. Undefined if no service in this cluster has a database. */
  databaseImage: PinnedImage | undefined;
  /** The host of node ports, if the kubeconfig has it. */
  nodeHost: string | undefined;
}

/**
 * Loads and checks the configuration and the surroundings, and bundles the services. Finds every mistake that can be
 * found before something is built or changed.
 * @param namespace the stack's namespace
 * @param names the services of the system
 * @param withDatabase the services that have a database
 * @throws pulumi.RunError
 */
export async function prepare<Name extends string>(
  namespace: string,
  names: readonly Name[],
  withDatabase: readonly Name[],
): Promise<Preparation<Name>> {
  const settings = loadSettings(names, withDatabase);
  const warning = hiddenClientsWarning(settings);
  if (warning) void pulumi.log.warn(warning);
  const kubeconfig = readKubeconfig();
  const record = await readDeploymentRecord(namespace);
  await preflight(settings, kubeconfig, record, namespace);
  const generatedValues = await readGeneratedValues(
    settings,
    kubeconfig,
    record,
    namespace,
  );
  const contentHashes = await bundle(imagesToBuild(settings));
  const imageOf = await createImageSource(settings, contentHashes);
  const databaseLimits = connectionLimits(settings.services, withDatabase);
  const databaseImage =
    Object.keys(databaseLimits).length > 0
      ? await pinDatabaseImage(settings.database.image, record.databaseImage)
      : undefined;
  return {
    settings,
    record,
    imageOf,
    generatedValues,
    databaseLimits,
    databaseImage,
    nodeHost: nodeHost(kubeconfig, settings.context),
  };
}
