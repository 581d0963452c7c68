import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { bundle } from "./components/bundle.ts";
import {
  nodeHost,
  readKubeconfig,
  requireReach,
} from "./components/cluster.ts";
import { ExternalService } from "./components/external-service.ts";
import { Microservice } from "./components/microservice.ts";
import { ownership } from "./components/naming.ts";
import { ServiceImage } from "./components/service-image.ts";
import { loadSettings } from "./components/settings.ts";

// The system: three services, and the port each listens on. Only streaming faces people; it reaches the others by name.
const ports = { auth: 8081, payment: 8082, streaming: 8083 };
const names = Object.keys(ports) as (keyof typeof ports)[];

// Everything that can be wrong before something is built or changed is found here.
const settings = loadSettings(names);
const kubeconfig = readKubeconfig();
await requireReach(settings, kubeconfig);
await bundle(
  names.filter((name) => settings.services[name].type !== "ExternalName"),
);

const environment = `${pulumi.getProject()}-${pulumi.getStack()}`;
const provider = new k8s.Provider("cluster", {
  context: settings.context,
  namespace: environment,
});
const { metadata } = new k8s.core.v1.Namespace(
  environment,
  {
    metadata: {
      name: environment,
      annotations: ownership,
      labels: { "pod-security.kubernetes.io/enforce": "restricted" },
    },
  },
  { provider },
);

const deployed = names.map((name) => {
  const port = ports[name];
  const service = settings.services[name];
  const namespace = metadata.name;
  if (service.type === "ExternalName") {
    const { externalName } = service;
    return {
      name,
      ...new ExternalService(
        name,
        { namespace, externalName, port },
        { provider },
      ),
    };
  }
  const image = new ServiceImage(name, settings).reference;
  const { url } = new Microservice(
    name,
    {
      namespace,
      image,
      port,
      settings: service,
      nodeHost: nodeHost(kubeconfig, settings.context),
    },
    { provider },
  );
  return { name, url, image };
});

/** What to open, per service. */
export const endpoints = Object.fromEntries(
  deployed.map(({ name, url }) => [name, url]),
);

/** What runs, per service that runs here: image references by digest. */
export const images = Object.fromEntries(
  deployed.flatMap((service) =>
    "image" in service ? [[service.name, service.image]] : [],
  ),
);

export const namespace = metadata.name;
