import { least, secrets } from "./database-configurations.ts";
import type { Resource } from "./engine.ts";
import { secretType } from "./microservices.ts";
import { policyType, prebuilt, useProgram } from "./program.ts";

/** The configuration of a database outside the cluster. */
export const elsewhere = { ...least, port: 6432 };

/** The selector of network policies for the pods of an app. */
export const app = (app: string) => ({ podSelector: { matchLabels: { app } } });
export const dns = {
  ports: [
    { port: 53, protocol: "UDP" },
    { port: 53, protocol: "TCP" },
  ],
};

/** The policies whose names have a word in them, by name. */
export const policies = (resources: Resource[], word: string) =>
  Object.fromEntries(
    resources
      .filter(({ type }) => type === policyType)
      .filter(({ name }) => name.includes(word))
      .map(({ name, inputs: { spec } }) => [name, spec]),
  );

/** The names of the resources whose inputs contain a text. */
export const containing = (resources: Resource[], text: string) =>
  resources
    .filter(({ inputs }) => JSON.stringify(inputs).includes(text))
    .map(({ name }) => name);

/** Lets the calling suite run the program with prebuilt images, and with Secrets whose names end in "-1a2b". */
export function useDatabaseProgram() {
  const { runWithoutRegistry, failsBeforeCreation } = useProgram();
  const run = (
    services: object = {},
    config: Record<string, object | string> = {},
  ) =>
    runWithoutRegistry(
      { ...prebuilt, ...services },
      {
        config: Object.fromEntries(
          Object.entries(config).map(([name, value]) => [
            `marquee:${name}`,
            typeof value === "string" ? value : JSON.stringify(value),
          ]),
        ),
        encrypted: ["marquee:secrets"],
        answers: {
          [secretType]: ({ name }) => ({ metadata: { name: `${name}-1a2b` } }),
        },
      },
    );
  return {
    run,
    runElsewhere: (services: object = {}) =>
      run(services, { database: elsewhere, secrets }),
    failsBeforeCreation,
  };
}
