/** Commands in the documentation that no end-to-end test runs, by the reason. */
export const exceptions: { reason: string; commands: string[] }[] = [
  {
    reason: "Runs a part of `npm test`.",
    commands: [
      "npm run check",
      "npm run test:unit",
      "npx mocha 'tests/services/payment/**/*.test.ts'",
    ],
  },
  {
    reason:
      "Needs a cluster and a registry of the reader's. tests/local/commands tests the options.",
    commands: ["npm run up -- --context kind-kind --registry localhost:5001"],
  },
  {
    reason: "Needs an account at a cloud.",
    commands: [
      "aws eks update-kubeconfig --name marquee --alias marquee-eks",
      'for name in auth payment streaming; do aws ecr create-repository --repository-name "marquee-$name"; done',
      "aws ecr get-login-password | docker login --username AWS --password-stdin 111122223333.dkr.ecr.eu-central-1.amazonaws.com",
      "gcloud container clusters get-credentials marquee --location europe-west3",
      "gcloud artifacts repositories create marquee --repository-format docker --location europe-west3",
      "gcloud auth configure-docker europe-west3-docker.pkg.dev",
      "az aks get-credentials --resource-group marquee --name marquee",
      "az aks update --resource-group marquee --name marquee --attach-acr marquee",
      "az acr login --name marquee",
      "pulumi stack select gke",
      'pulumi stack init prod --secrets-provider "awskms://alias/marquee?region=eu-central-1"',
    ],
  },
  {
    reason:
      "Copies a stack file that tests/docs/examples.test.ts runs the program with.",
    commands: [
      "cp docs/examples/Pulumi.eks.yaml .",
      "cp docs/examples/Pulumi.gke.yaml .",
      "cp docs/examples/Pulumi.aks.yaml .",
    ],
  },
  {
    reason: "The tests use another environment, MARQUEE_LOCAL=1.",
    commands: ["MARQUEE_LOCAL=2 npm run up"],
  },
  {
    reason: "The tests run it with another number, stack or order of options.",
    commands: [
      "kubectl scale deployment auth-deployment --replicas=3",
      "pulumi up --stack dev",
      "pulumi up --stack staging",
      "pulumi stack select prod",
    ],
  },
  {
    reason: "Runs until it is stopped. The tests forward a port of their own.",
    commands: [
      "npx node --watch server.ts",
      "kubectl port-forward service/auth-service 8081",
      "kubectl port-forward service/payment-service 8082",
    ],
  },
  {
    reason: "Interactive.",
    commands: ["kubectl exec -it postgres-0 -- psql -U postgres auth"],
  },
  {
    reason: "Only shows objects.",
    commands: ["kubectl get replicasets -o wide"],
  },
  {
    reason: "Needs images of two major versions of PostgreSQL.",
    commands: [
      'for service in auth payment streaming; do pulumi config set --path "marquee:services.$service.replicas" 0; done',
      "kubectl exec postgres-0 -c postgres -- pg_dumpall -U postgres --clean --if-exists >dump.sql",
      "kubectl delete statefulset,job,persistentvolumeclaim -l app.kubernetes.io/name=postgres",
      "kubectl exec -i postgres-0 -c postgres -- psql -U postgres -q postgres <dump.sql",
    ],
  },
  {
    reason:
      "Reads a Secret of the cluster. tests/docs/try-it.integration.test.ts has a key of its own.",
    commands: [
      "OPERATOR_KEY=$(kubectl get $(kubectl get secrets -o name | grep payment-operator-key) -o jsonpath='{.data.value}' | base64 -d)",
    ],
  },
];
