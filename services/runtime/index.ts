export { createService, factory, type ServiceEnv } from "./app.ts";
export { environment } from "./environment.ts";
export { logger } from "./logger.ts";
export { problem } from "./problem.ts";
export { serve } from "./serve.ts";
export { validated } from "./validated.ts";
