import { environment, serve } from "@marquee/service-kit";
import { createLogShipper } from "./app.ts";
import { variables } from "./environment.ts";

const {
  PORT,
  FOLLOW_FILE,
  CONTAINER,
  NAMESPACE,
  POD,
  NODE,
  ENDPOINT,
  ENDPOINT_HEADERS,
} = environment(variables);
const logShipper = createLogShipper({
  log: FOLLOW_FILE,
  kubernetes: {
    namespace_name: NAMESPACE,
    pod_name: POD,
    host: NODE,
    container_name: CONTAINER,
  },
  endpoint: ENDPOINT === undefined ? undefined : new URL(ENDPOINT),
  headers: ENDPOINT_HEADERS,
});
logShipper.follow();
// Only Kubernetes and Prometheus send requests: spend the shutdown on shipping the remaining lines.
serve(logShipper, {
  port: PORT,
  shutdownTimes: { closeAfterMs: 0, killAfterMs: 500 },
});
