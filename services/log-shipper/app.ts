import { createService } from "@marquee/service-kit";
import {
  createHttpEndpoint,
  defaultEndpointTimes,
  type EndpointTimes,
} from "./destinations/http-endpoint.ts";
import { standardOutput } from "./destinations/standard-output.ts";
import { createShipperMetrics } from "./metrics.ts";
import type { KubernetesMetadata } from "./record-formatter.ts";
import { defaultShipperTimes, Shipper, type ShipperTimes } from "./shipper.ts";

export interface LogShipperOptions {
  /** Path of the log file to follow. */
  log: string;
  /** Metadata added to each line. */
  kubernetes: KubernetesMetadata;
  /** URL that batches are POSTed to. @default none: lines go to standard output */
  endpoint?: URL | undefined;
  /** Additional headers of these requests. @default none */
  headers?: Record<string, string> | undefined;
  /** @default defaultShipperTimes and defaultEndpointTimes */
  times?: Partial<ShipperTimes & EndpointTimes>;
}

/**
 * Creates the log shipper, a sidecar that follows another container's log file. It ships lines after a call of
 * `follow`. It is ready even before the file exists, because a native sidecar starts before the container that writes
 * the file.
 */
export function createLogShipper(options: LogShipperOptions) {
  const service = createService({
    async ready() {
      if (!shipper.started)
        throw new Error("the log shipper does not follow the log yet");
    },
    onShutdown: () => shipper.stop(),
  });
  const metrics = createShipperMetrics(service.metrics, () =>
    shipper.unshippedBytes(),
  );
  const shipper = new Shipper({
    log: options.log,
    kubernetes: options.kubernetes,
    destination: options.endpoint
      ? createHttpEndpoint(
          options.endpoint,
          options.headers ?? {},
          () => metrics.failures.inc(),
          { ...defaultEndpointTimes, ...options.times },
        )
      : standardOutput,
    metrics,
    times: { ...defaultShipperTimes, ...options.times },
  });
  return { ...service, follow: () => shipper.start() };
}
