import { createService } from "@marquee/runtime";
import { stream } from "./routes/stream.ts";
import type { Video } from "./video.ts";

/**
 * Streaming: what somebody watches. Routes: GET /stream.
 * @param video the title it delivers
 */
export function createStreaming(video: Video) {
  const service = createService();
  service.app.route("/", stream(video));
  return service;
}
