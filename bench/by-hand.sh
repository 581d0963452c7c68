#!/bin/bash
# Deploys without Marquee: for each service bundle, docker build, docker push, kubectl apply, kubectl rollout status.
# usage: bench/by-hand.sh REGISTRY BASE_IMAGE (in a shell with `eval "$(npm run -s env)"`); deploys into namespace
# by-hand.
set -euo pipefail
cd "$(dirname "$0")/.."
registry=$1 base=$2
export DOCKER_BUILDKIT=0 # the classic builder, as the stand-in for the Docker provider uses it here: the same work on both sides

deploy() {
  local service=$1 port=$2 replicas=$3 context=build/by-hand/$1
  mkdir -p "$context/app"
  node_modules/.bin/esbuild "services/$service/server.ts" --bundle --platform=node --target=node24 --format=esm \
    --minify-syntax --minify-whitespace --sourcemap --sources-content=false --log-level=error --outfile="$context/app/server.mjs" \
    '--banner:js=import { createRequire } from "node:module"; const require = createRequire(import.meta.url);'
  if [ -d "services/$service/browser" ]; then
    node_modules/.bin/esbuild "services/$service"/browser/*.ts --bundle --minify --target=es2022 --format=esm --log-level=error --outdir="$context/app/browser"
  fi
  local folder
  for folder in assets migrations; do
    [ ! -d "services/$service/$folder" ] || cp -r "services/$service/$folder" "$context/app/"
  done
  cp services/Dockerfile "$context/"
  docker build --quiet --build-arg "BASE_IMAGE=$base" --tag "$registry/by-hand-$service" "$context" >/dev/null 2>&1
  docker push --quiet "$registry/by-hand-$service" >/dev/null
  local image
  image=$(docker image inspect --format '{{index .RepoDigests 0}}' "$registry/by-hand-$service")
  kubectl apply -f - >/dev/null <<YAML
apiVersion: apps/v1
kind: Deployment
metadata: {name: $service-deployment, namespace: by-hand, labels: {app: $service-service}}
spec:
  replicas: $replicas
  selector: {matchLabels: {app: $service-service}}
  strategy: {rollingUpdate: {maxSurge: 1, maxUnavailable: 0}}
  template:
    metadata: {labels: {app: $service-service}}
    spec:
      automountServiceAccountToken: false
      securityContext: {runAsNonRoot: true, runAsUser: 65532, seccompProfile: {type: RuntimeDefault}}
      containers:
        - name: $service
          image: $image
          ports: [{name: http, containerPort: $port}]
          env:
            - {name: PORT, value: "$port"}
            - {name: DATABASE_URL, value: "postgres://postgres:by-hand@postgres:5432/$service"}
            - {name: DATABASE_TLS, value: "off"}
            - {name: ISSUER, value: http://auth-service.by-hand.svc:8081}
            - {name: KEY_ENCRYPTION_KEY, value: only-for-this-measurement-and-gone-after-it}
            - {name: OPERATOR_KEY, value: only-for-this-measurement-and-gone-after-it}
            - {name: PLAYBACK_KEY, value: only-for-this-measurement-and-gone-after-it}
            - {name: AUTH_URL, value: http://auth-service:8081}
            - {name: PAYMENT_URL, value: http://payment-service:8082}
          startupProbe: {httpGet: {path: /livez, port: http}, periodSeconds: 1, failureThreshold: 60}
          readinessProbe: {httpGet: {path: /readyz, port: http}, periodSeconds: 1}
          livenessProbe: {httpGet: {path: /livez, port: http}}
          lifecycle: {preStop: {sleep: {seconds: 5}}}
          resources: {requests: {cpu: 50m, memory: 96Mi}, limits: {cpu: "1", memory: 256Mi}}
          securityContext: {allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: {drop: [ALL]}}
---
apiVersion: v1
kind: Service
metadata: {name: $service-service, namespace: by-hand}
spec: {selector: {app: $service-service}, ports: [{port: $port, targetPort: http}]}
YAML
}

kubectl create namespace by-hand --dry-run=client -o yaml | kubectl apply -f - >/dev/null
kubectl apply --namespace by-hand -f - >/dev/null <<YAML
apiVersion: v1
kind: ConfigMap
metadata: {name: databases}
data: {databases.sql: "CREATE DATABASE auth; CREATE DATABASE payment; CREATE DATABASE streaming;"}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: postgres}
spec:
  selector: {matchLabels: {app: postgres}}
  template:
    metadata: {labels: {app: postgres}}
    spec:
      containers:
        - name: postgres
          image: $registry/postgres:17
          env: [{name: POSTGRES_PASSWORD, value: by-hand}]
          volumeMounts: [{name: databases, mountPath: /docker-entrypoint-initdb.d}]
      volumes: [{name: databases, configMap: {name: databases}}]
---
apiVersion: v1
kind: Service
metadata: {name: postgres}
spec: {selector: {app: postgres}, ports: [{port: 5432}]}
YAML
deploy auth 8081 2
deploy payment 8082 2
deploy streaming 8083 3
for service in auth payment streaming; do
  kubectl rollout status deployment "$service-deployment" --namespace by-hand --timeout=120s >/dev/null
done
