import { Counter, Gauge, type Registry } from "prom-client";

export type ShipperMetrics = ReturnType<typeof createShipperMetrics>;

/**
 * How shipping goes.
 * @param behind bytes of the log that are not acknowledged
 */
export function createShipperMetrics(registry: Registry, behind: () => number) {
  const counter = (name: string, help: string) =>
    new Counter({ name, help, registers: [registry] });
  new Gauge({
    name: "log_bytes_behind",
    help: "Bytes of the log that are not shipped yet",
    registers: [registry],
    collect() {
      this.set(behind());
    },
  });
  return {
    shipped: counter(
      "log_lines_shipped_total",
      "Lines that the destination took",
    ),
    dropped: counter(
      "log_lines_dropped_total",
      "Lines that the destination refused for good",
    ),
    lost: counter(
      "log_bytes_lost_total",
      "Bytes of the log that were gone before they could be shipped",
    ),
    failures: counter(
      "log_ship_failures_total",
      "Requests that did not ship their lines",
    ),
  };
}
