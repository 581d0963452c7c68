import { join } from "node:path";
import { environment, serve } from "@marquee/runtime";
import { createStreaming } from "./app.ts";
import { openVideo } from "./video.ts";

const { PORT } = environment();
const video = await openVideo(join(import.meta.dirname, "assets/feature.mp4"));
serve(createStreaming(video), { port: PORT });
