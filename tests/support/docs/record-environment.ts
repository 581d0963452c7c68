import { registerHooks } from "node:module";

// Loaded before a service's server.ts.
registerHooks({
  resolve: (specifier, context, next) =>
    specifier === "@marquee/service-kit" &&
    context.parentURL?.endsWith("/server.ts")
      ? next("./environment-recorder.ts", {
          ...context,
          parentURL: import.meta.url,
        })
      : next(specifier, context),
});
