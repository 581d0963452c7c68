import * as k8s from "@pulumi/kubernetes";

/** Creates the Kubernetes provider for a kubeconfig context and a namespace. */
export const createProvider = (
  name: string,
  context: string,
  namespace: string,
  args: k8s.ProviderArgs = {},
): k8s.Provider =>
  new k8s.Provider(name, {
    context,
    // Otherwise, the SDK writes this machine's $KUBECONFIG to the state. The provider reads $KUBECONFIG itself.
    kubeconfig: "",
    namespace,
    // Client-side limits protect against busy controllers. The API server has its own (API Priority and Fairness).
    kubeClientSettings: { qps: 1000, burst: 1000 },
    ...args,
  });

/** Creates a provider that updates Secrets in place. By default, Pulumi replaces them. */
export const createMutableSecretsProvider = (
  context: string,
  namespace: string,
): k8s.Provider =>
  createProvider("cluster-mutable-secrets", context, namespace, {
    enableSecretMutable: true,
  });
