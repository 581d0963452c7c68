#!/bin/bash
# Waits until each Deployment of a stack runs its new pods: the published Kubernetes provider may return earlier.
set -euo pipefail
namespace=$(pulumi stack output namespace --stack "$1")
context=$(pulumi config get marquee:context --stack "$1")
kubectl --context "$context" --namespace "$namespace" get deployments --output name |
  xargs -r -n 1 kubectl --context "$context" --namespace "$namespace" rollout status --timeout 5m
