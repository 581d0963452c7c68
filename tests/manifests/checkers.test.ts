import assert from "node:assert/strict";
import { useFolders } from "../support/folders.ts";
import {
  conformance,
  ensureCheckers,
  scores,
} from "../support/manifests/checkers.ts";
import { openApi } from "../support/manifests/open-api.ts";
import { schemasFrom } from "../support/manifests/schemas.ts";

const labels = { app: "auth-service" };
const metadata = (name: string) => ({ name, namespace: "marquee" });
const probe = (path: string) => ({ httpGet: { path, port: "http" } });

/** A container that passes both checkers, unless `more` breaks it. */
const container = (more: object = {}) => ({
  name: "auth",
  image: "registry.example.com/auth:1.0.0",
  imagePullPolicy: "Always",
  ports: [{ name: "http", containerPort: 8081 }],
  readinessProbe: probe("/readyz"),
  livenessProbe: probe("/livez"),
  resources: {
    requests: { cpu: "50m", memory: "96Mi", "ephemeral-storage": "64Mi" },
    limits: { cpu: 1, memory: "256Mi", "ephemeral-storage": "256Mi" },
  },
  securityContext: {
    readOnlyRootFilesystem: true,
    runAsUser: 65532,
    runAsGroup: 65532,
  },
  ...more,
});

/** A Deployment of that container. */
const deployment = (spec: object = {}, more: object = {}) => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: metadata("auth"),
  spec: {
    replicas: 1,
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: { containers: [container(more)] } },
    ...spec,
  },
});

describe("Manifest checkers", () => {
  before(async function () {
    // Builds the checkers that are not in the cache.
    this.timeout("10m");
    await ensureCheckers();
  });

  describe("conformance", () => {
    const useFolder = useFolders();
    let schemas: string;
    before(() => {
      schemas = useFolder();
      schemasFrom(openApi, schemas);
    });
    const accepts = async (object: object) =>
      assert.deepEqual(await conformance([object], schemas), []);

    it("accepts a valid Deployment", () => accepts(deployment()));

    const right: Record<string, object> = {
      "null for an optional field": deployment({
        replicas: null,
        strategy: null,
      }),
      "a number as a quantity": deployment(
        {},
        { resources: { limits: { cpu: 0.5 } } },
      ),
      "a number as a port": deployment(
        {},
        { livenessProbe: { httpGet: { port: 8081 } } },
      ),
      "a kind of the core group": {
        apiVersion: "v1",
        kind: "Namespace",
        metadata: { name: "marquee" },
      },
      "any field of an open object": {
        apiVersion: "example.com/v1",
        kind: "Film",
        spec: { open: { title: "a film" } },
      },
    };
    for (const [what, object] of Object.entries(right))
      it(`accepts ${what}`, () => accepts(object));

    const at = "/spec/template/spec/containers/0";
    const wrong: Record<string, [object: object, complaint: string]> = {
      "an unknown field": [
        deployment({}, { imagee: "auth" }),
        `Deployment/auth: at '${at}': additional properties 'imagee' not allowed`,
      ],
      "a string for a number": [
        deployment({ replicas: "2" }),
        "Deployment/auth: at '/spec/replicas': got string, want null or integer",
      ],
      "a boolean as a port": [
        deployment({}, { livenessProbe: { httpGet: { port: true } } }),
        `Deployment/auth: at '${at}/livenessProbe/httpGet/port': got boolean, want integer or string`,
      ],
      "a boolean as a quantity": [
        deployment({}, { resources: { limits: { cpu: true } } }),
        `Deployment/auth: at '${at}/resources/limits/cpu': got boolean, want number or string`,
      ],
      "a missing field": [
        deployment({ selector: undefined }),
        "Deployment/auth: at '/spec': missing property 'selector'",
      ],
      "null for a required field": [
        deployment({ selector: null }),
        "Deployment/auth: at '/spec/selector': got null, want object",
      ],
      "null in a list": [
        deployment({ template: { spec: { containers: [null] } } }),
        `Deployment/auth: at '${at}': got null, want object`,
      ],
      "a value that an enum lacks": [
        deployment({ strategy: { type: "Rolling" } }),
        "Deployment/auth: at '/spec/strategy/type': value must be one of 'Recreate', 'RollingUpdate', <nil>",
      ],
      "a kind in another spelling": [
        { ...deployment(), kind: "deployment" },
        "deployment/auth: at '/kind': value must be one of 'Deployment', <nil>",
      ],
      "an unknown kind": [
        { apiVersion: "v1", kind: "Servce", metadata: metadata("auth") },
        "Servce/auth: could not find schema for Servce",
      ],
      "a kind in an unknown version": [
        { ...deployment(), apiVersion: "apps/v1beta1" },
        "Deployment/auth: could not find schema for Deployment",
      ],
    };
    for (const [what, [object, complaint]] of Object.entries(wrong))
      it(`rejects ${what}`, async () =>
        assert.deepEqual(await conformance([object], schemas), [complaint]));

    it("reports all errors of an object in one message, in the order of the objects", async () => {
      const complaints = await conformance(
        [
          deployment({ replicas: "2" }, { imagee: "auth" }),
          deployment(),
          { apiVersion: "v1", kind: "Servce", metadata: metadata("auth") },
        ],
        schemas,
      );
      assert.deepEqual(complaints, [
        `Deployment/auth: at '/spec/replicas': got string, want null or integer; at '${at}': additional properties 'imagee' not allowed`,
        "Servce/auth: could not find schema for Servce",
      ]);
    });
  });

  describe("scores", () => {
    const service = (spec: object = {}) => ({
      apiVersion: "v1",
      kind: "Service",
      metadata: metadata("auth-service"),
      spec: { selector: labels, ports: [{ port: 8081 }], ...spec },
    });
    const policy = {
      apiVersion: "networking.k8s.io/v1",
      kind: "NetworkPolicy",
      metadata: metadata("default-deny"),
      spec: { podSelector: {}, policyTypes: ["Ingress", "Egress"] },
    };
    const checks = (complaints: string[]) => [
      ...new Set(complaints.map((complaint) => complaint.split(": ")[1])),
    ];

    it("finds nothing critical in a valid Deployment, and warns of a single pod", async () =>
      assert.deepEqual(await scores([deployment(), service(), policy]), {
        critical: [],
        warning: [
          "Deployment/auth: deployment-replicas: Deployment few replicas",
        ],
      }));

    it("finds what a bare Deployment lacks", async () => {
      const bare = { name: "auth", image: "registry.example.com/auth:1.0.0" };
      const { critical, warning } = await scores([
        deployment({
          replicas: 2,
          template: { metadata: { labels }, spec: { containers: [bare] } },
        }),
        service({ type: "NodePort" }),
      ]);
      assert.deepEqual(checks(critical), [
        "container-ephemeral-storage-request-and-limit",
        "container-image-pull-policy",
        "container-resources",
        "container-security-context-readonlyrootfilesystem",
        "container-security-context-user-group-id",
        "deployment-has-poddisruptionbudget",
        "pod-networkpolicy",
        "pod-probes",
      ]);
      assert.ok(
        critical.includes(
          "Deployment/auth: container-resources: auth: Memory limit is not set",
        ),
      );
      assert.deepEqual(warning, [
        "Deployment/auth: deployment-has-host-podantiaffinity: Deployment does not have a host podAntiAffinity set",
        "Service/auth-service: service-type: The service is of type NodePort",
      ]);
    });

    it("checks objects together, such as a Service that selects no pods", async () =>
      assert.deepEqual(
        (await scores([deployment(), service({ selector: { app: "pay" } })]))
          .critical[1],
        "Service/auth-service: service-targets-pod: The services selector does not match any pods",
      ));

    it("ignores unknown kinds", async () =>
      assert.deepEqual(
        await scores([{ apiVersion: "v1", kind: "Secret", stringData: {} }]),
        { critical: [], warning: [] },
      ));

    it("fails for unreadable objects", () =>
      assert.rejects(
        scores([deployment({ replicas: "two" })]),
        /kube-score can't read the objects: .*replicas/s,
      ));
  });
});
