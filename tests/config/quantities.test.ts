import assert from "node:assert/strict";
import { auth } from "../support/components/configurations.ts";

/** The parsed request and limit of one kind of auth's resources. */
function quantities(kind: "cpu" | "memory" | "ephemeral-storage") {
  return (request: unknown, limit: unknown) => {
    const settings = auth({
      resources: { requests: { [kind]: request }, limits: { [kind]: limit } },
    });
    assert.ok(settings.type !== "ExternalName");
    const { requests, limits } = settings.resources;
    return [requests[kind], limits[kind]];
  };
}

describe("parseSettings: quantities", () => {
  /** A quantity as configured, and in Kubernetes' canonical form (resource.Quantity). */
  type Forms = [given: string | number, canonical: string][];

  /** A request and a limit as configured, and both in canonical form. */
  type Rows = [
    request: string | number,
    limit: string | number,
    requested: string,
    limited: string,
  ][];

  describe("cores", () => {
    const cpu = quantities("cpu");
    const forms: Forms = [
      [0.5, "500m"],
      ["0.5", "500m"],
      ["0.50", "500m"],
      ["500m", "500m"],
      [1, "1"],
      ["1.0", "1"],
      ["1000m", "1"],
      ["01", "1"],
      [2, "2"],
      ["1.5", "1500m"],
      ["1500m", "1500m"],
      ["2000m", "2"],
      [0.001, "1m"],
      ["1m", "1m"],
      ["0.051", "51m"],
      ["51m", "51m"],
      ["0050m", "50m"],
      [0.07, "70m"], // 0.07 * 1000 is 70.00000000000001
      ["1.005", "1005m"], // 1.005 * 1000 is 1004.9999999999999
      ["64", "64"],
      ["100", "100"],
      [1e3, "1k"],
      ["1000000m", "1k"],
      ["999", "999"],
      ["1000", "1k"],
    ];
    for (const [given, canonical] of forms)
      it(`writes ${JSON.stringify(given)} in its canonical form, ${canonical}`, () => {
        assert.deepEqual(cpu(given, given), [canonical, canonical]);
        // A configuration can't use the canonical forms with k or M.
        if (!/[kM]$/.test(canonical))
          assert.deepEqual(cpu(canonical, canonical), [canonical, canonical]);
      });

    const rows: Rows = [
      ["1", "1000m", "1", "1"],
      [1, "1.0", "1", "1"],
      ["700m", 0.7, "700m", "700m"],
      ["0.009", "9m", "9m", "9m"],
      ["70m", 0.07, "70m", "70m"],
      ["1005m", "1.005", "1005m", "1005m"],
      ["1.005", "1005m", "1005m", "1005m"],
      ["1", "1001m", "1", "1001m"],
      ["0.999", 1, "999m", "1"],
    ];
    for (const [request, limit, ...written] of rows)
      it(`accepts a request of ${request} with a limit of ${limit}`, () => {
        assert.deepEqual(cpu(request, limit), written);
      });
  });

  describe("bytes", () => {
    const forms: Forms = [
      ["256Mi", "256Mi"],
      ["200Mi", "200Mi"],
      ["1Gi", "1Gi"],
      [104857600, "104857600"], // plain bytes, equal to 100Mi
      ["268435456", "268435456"],
      [2_000_000, "2M"],
      ["1024Mi", "1Gi"],
      ["1.5Gi", "1536Mi"],
      ["1536Mi", "1536Mi"],
      ["0.5Gi", "512Mi"],
      ["98304Ki", "96Mi"],
      ["1048576Ki", "1Gi"],
      ["1000Ki", "1000Ki"],
      ["1024Gi", "1Ti"],
      ["1.5Ti", "1536Gi"],
      ["2Ti", "2Ti"],
      ["0.25Ki", "256"],
      ["0.1Ki", "102400m"],
      ["0.1Mi", "104857600m"],
      ["1.1Gi", "1181116006400m"],
      ["300M", "300M"],
      ["2G", "2G"],
      ["2000M", "2G"],
      ["0.5G", "500M"],
      ["300000k", "300M"],
      ["1500k", "1500k"],
      ["1.5M", "1500k"],
      ["1024k", "1024k"],
      ["0.5k", "500"],
      ["0.0005k", "500m"],
      ["1000G", "1T"],
      ["2.5T", "2500G"],
      ["3T", "3T"],
    ];
    for (const [given, canonical] of forms)
      it(`writes ${given} in its canonical form, ${canonical}`, () => {
        for (const kind of ["memory", "ephemeral-storage"] as const) {
          const form = quantities(kind);
          assert.deepEqual(form(given, given), [canonical, canonical]);
          // A configuration can't use every canonical form without a unit or in thousandths.
          if (/[kMGTi]$/.test(canonical))
            assert.deepEqual(form(canonical, canonical), [
              canonical,
              canonical,
            ]);
        }
      });

    const memory = quantities("memory");
    const rows: Rows = [
      ["1Gi", "1024Mi", "1Gi", "1Gi"],
      ["262144Ki", "256Mi", "256Mi", "256Mi"],
      ["268M", "256Mi", "268M", "256Mi"],
      ["1000k", "1M", "1M", "1M"],
      ["0.5G", "500M", "500M", "500M"],
      ["1T", "1000G", "1T", "1T"],
      ["1Ti", "1024Gi", "1Ti", "1Ti"],
      ["1T", "1Ti", "1T", "1Ti"],
      ["1023Gi", "1.1T", "1023Gi", "1100G"],
      ["0.3Mi", "307.2Ki", "314572800m", "314572800m"],
      ["307.2Ki", "0.3Mi", "314572800m", "314572800m"],
    ];
    for (const [request, limit, ...written] of rows)
      it(`accepts a request of ${request} with a limit of ${limit}`, () => {
        assert.deepEqual(memory(request, limit), written);
      });
  });
});
