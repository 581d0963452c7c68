import { environment, serve } from "@marquee/runtime";
import { createPayment } from "./app.ts";

const { PORT } = environment();
serve(createPayment(), { port: PORT });
