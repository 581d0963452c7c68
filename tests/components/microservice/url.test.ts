import assert from "node:assert/strict";
import { Microservice } from "../../../components/microservice/microservice.ts";
import { defaultResources } from "../../../config/resources.ts";
import type { DeployedSettings } from "../../../config/service.ts";
import { deploy, type Resource } from "../../support/components/engine.ts";

/** The URL of auth, to whose Service the cluster adds these outputs. */
async function url(
  type: DeployedSettings["type"],
  added: (service: Resource) => object = () => ({}),
  nodeHost?: string,
  port?: number,
): Promise<string> {
  const { outputs } = await deploy(
    () =>
      new Microservice("auth", {
        namespace: "marquee-dev",
        image: "unused",
        containerPort: 8081,
        port,
        type,
        replicas: 2,
        resources: defaultResources,
        nodeHost,
      }).url,
    { answers: { "kubernetes:core/v1:Service": added } },
  );
  return outputs;
}

const assigned = ({ inputs }: Resource) => ({
  spec: {
    ...inputs.spec,
    ports: [{ ...inputs.spec.ports[0], nodePort: 30123 }],
  },
});

const ingress = (entry: object) => () => ({
  status: { loadBalancer: { ingress: [entry] } },
});

describe("Microservice: url", () => {
  it("is the in-cluster name for ClusterIP", async () => {
    assert.equal(
      await url("ClusterIP"),
      "http://auth-service.marquee-dev.svc:8081",
    );
  });

  it("has the port that Kubernetes assigned for NodePort", async () => {
    assert.equal(
      await url("NodePort", assigned, "127.0.0.1"),
      "http://127.0.0.1:30123",
    );
  });

  it("has a placeholder for the node's address if none is known", async () => {
    assert.equal(
      await url("NodePort", assigned),
      "http://<a node's address>:30123",
    );
  });

  it("has a pending port for NodePort before Kubernetes assigns one", async () => {
    assert.equal(
      await url("NodePort", undefined, "127.0.0.1"),
      "http://127.0.0.1:<pending>",
    );
  });

  it("has the address that the cluster assigned to the LoadBalancer", async () => {
    assert.equal(
      await url("LoadBalancer", ingress({ ip: "172.30.0.96" })),
      "http://172.30.0.96:8081",
    );
  });

  it("has the host name of a LoadBalancer that has no address, as on EKS", async () => {
    assert.equal(
      await url("LoadBalancer", ingress({ hostname: "a1.elb.amazonaws.com" })),
      "http://a1.elb.amazonaws.com:8081",
    );
  });

  it("has a pending address for LoadBalancer before the cluster assigns one", async () => {
    assert.equal(await url("LoadBalancer"), "http://<pending>:8081");
  });

  const address = ingress({ ip: "172.30.0.96" });
  const rows: [DeployedSettings["type"], port: number, url: string][] = [
    ["ClusterIP", 80, "http://auth-service.marquee-dev.svc"],
    ["ClusterIP", 443, "http://auth-service.marquee-dev.svc:443"],
    ["ClusterIP", 9000, "http://auth-service.marquee-dev.svc:9000"],
    ["LoadBalancer", 80, "http://172.30.0.96"],
    ["LoadBalancer", 443, "https://172.30.0.96"],
    ["LoadBalancer", 9000, "http://172.30.0.96:9000"],
  ];
  for (const [type, port, expected] of rows)
    it(`is ${expected} for ${type} with port ${port}`, async () => {
      assert.equal(await url(type, address, undefined, port), expected);
    });

  it("has the node port for NodePort, whatever the Service's port is", async () => {
    assert.equal(
      await url("NodePort", assigned, "127.0.0.1", 80),
      "http://127.0.0.1:30123",
    );
  });
});
