import { createService } from "@marquee/runtime";
import { pay } from "./routes/pay.ts";

/** Payment: what somebody pays for. Routes: POST /pay. */
export function createPayment() {
  const service = createService();
  service.app.route("/", pay);
  return service;
}
