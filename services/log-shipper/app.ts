import { createService } from "@marquee/service-kit";
import {
  type EndpointTimes,
  endpoint,
  endpointTimes,
} from "./destinations/http-endpoint.ts";
import { standardOutput } from "./destinations/standard-output.ts";
import { createShipMetrics } from "./metrics.ts";
import type { Kubernetes } from "./record-formatter.ts";
import { Shipper, type ShipTimes, shipTimes } from "./shipper.ts";

export interface LogShipperOptions {
  /** The path of the log that is followed. */
  log: string;
  /** Where its lines come from. */
  kubernetes: Kubernetes;
  /** Where they are POSTed to. @default written to standard output */
  endpoint?: URL | undefined;
  /** Headers of those requests besides its own. @default none */
  headers?: Record<string, string> | undefined;
  /** @default shipTimes and endpointTimes */
  times?: Partial<ShipTimes & EndpointTimes>;
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
    onShutdown: () => shipper.end(),
  });
  const metrics = createShipMetrics(service.metrics, () => shipper.behind());
  const shipper = new Shipper({
    log: options.log,
    kubernetes: options.kubernetes,
    destination: options.endpoint
      ? endpoint(
          options.endpoint,
          options.headers ?? {},
          () => metrics.failures.inc(),
          { ...endpointTimes, ...options.times },
        )
      : standardOutput,
    metrics,
    times: { ...shipTimes, ...options.times },
  });
  return { ...service, follow: () => shipper.start() };
}
