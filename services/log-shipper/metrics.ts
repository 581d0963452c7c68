import { Counter, Gauge, type Registry } from "prom-client";

export type ShipperMetrics = ReturnType<typeof createShipperMetrics>;

/**
 * @param bytesBehind returns the number of bytes in the log that are not acknowledged
 */
export function createShipperMetrics(
  registry: Registry,
  bytesBehind: () => number,
) {
  const counter = (name: string, help: string) =>
    new Counter({ name, help, registers: [registry] });
  new Gauge({
    name: "log_bytes_behind",
    help: "Bytes of the log that are not shipped yet",
    registers: [registry],
    collect() {
      this.set(bytesBehind());
    },
  });
  return {
    shipped: counter(
      "log_lines_shipped_total",
      "Lines accepted by the destination",
    ),
    dropped: counter(
      "log_lines_dropped_total",
      "Lines rejected by the destination and dropped",
    ),
    lost: counter(
      "log_bytes_lost_total",
      "Bytes of the log that were deleted before they could be shipped",
    ),
    failures: counter(
      "log_ship_failures_total",
      "Failed requests to the destination",
    ),
  };
}
