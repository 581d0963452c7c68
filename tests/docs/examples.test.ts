import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { parse as parseYaml } from "yaml";
import { authority } from "../support/components/certificates.ts";
import { statefulSetType } from "../support/components/databases.ts";
import { only, warnings } from "../support/components/engine.ts";
import { serviceType } from "../support/components/microservices.ts";
import { imageType, pods, useProgram } from "../support/components/program.ts";
import { project, read } from "../support/docs/markdown.ts";

const folder = "docs/examples";

describe("The stack files in docs/examples", () => {
  const { run } = useProgram();

  /** Runs the program with an example, and with what docs/deploy.md sets besides. */
  async function deploy(file: string) {
    const { config } = parseYaml(read(join(folder, file)));
    // The mocks have a registry and a cluster of their own. tests/docs/config-commands.test.ts parses these keys.
    const { "marquee:context": _, "marquee:registry": __, ...rest } = config;
    const { "marquee:services": services, ...others } = {
      ...rest,
      "marquee:database": {
        ...config["marquee:database"],
        certificateAuthority: authority,
      },
      "marquee:secrets": { postgres: { PASSWORD: "password" } },
    };
    return run(services, {
      stack: file.split(".")[1] ?? "",
      config: Object.fromEntries(
        Object.entries(others).map(([key, value]) => [
          key,
          typeof value === "string" ? value : JSON.stringify(value),
        ]),
      ),
      encrypted: ["marquee:secrets"],
    });
  }

  for (const file of readdirSync(join(project, folder)))
    it(`${file} deploys images of its own, a load balancer that keeps addresses, and no database`, async () => {
      const { config } = parseYaml(read(join(folder, file)));
      const { streaming } = config["marquee:services"];
      let result: Awaited<ReturnType<typeof deploy>> | undefined;
      assert.deepEqual(
        await warnings(async () => {
          result = await deploy(file);
        }),
        [],
      );
      assert.ok(result);
      const { resources } = result;
      const { metadata, spec } = only(
        resources,
        serviceType,
        "streaming-service",
      ).inputs;
      assert.equal(spec.type, "LoadBalancer");
      assert.equal(spec.externalTrafficPolicy, "Local");
      assert.equal(spec.ports[0].port, streaming.port);
      for (const [name, value] of Object.entries(
        streaming.loadBalancer.annotations,
      ))
        assert.equal(metadata.annotations[name], value);
      const { env } = pods(resources).auth.containers[0];
      assert.deepEqual(
        env.find(({ name }: { name: string }) => name === "CLIENT_ADDRESSES"),
        { name: "CLIENT_ADDRESSES", value: "preserved" },
      );
      assert.equal(
        resources.filter(({ type }) => type === imageType).length,
        3,
      );
      assert.ok(!resources.some(({ type }) => type === statefulSetType));
      assert.deepEqual(only(resources, serviceType, "postgres").inputs.spec, {
        type: "ExternalName",
        externalName: config["marquee:database"].externalName,
      });
    });
});
