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
  /** The path of the log that is followed. */
  log: string;
  /** Where its lines come from. */
  kubernetes: KubernetesMetadata;
  /** Where they are POSTed to. @default written to standard output */
  endpoint?: URL | undefined;
  /** Headers of those requests besides its own. @default none */
  headers?: Record<string, string> | undefined;
  /** @default shipTimes and endpointTimes */
  times?: Partial<ShipperTimes & EndpointTimes>;
}

/**
 * Creates the log shipper, a sidecar that follows another container's log file and ships its lines once `follow` was
 * called. It is ready even before the file exists: a native sidecar starts before the container that writes the file.
 */
export function createLogShipper(options: LogShipperOptions) {
  const service = createService({
    async ready() {
      if (!shipper.started) throw new Error("it does not follow the log yet");
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
