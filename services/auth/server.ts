import { environment, serve } from "@marquee/runtime";
import { createAuth } from "./app.ts";

const { PORT } = environment();
serve(createAuth(), { port: PORT });
