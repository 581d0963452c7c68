// Run by mocha before it loads tests: services log only if LOG_LEVEL is set.
process.env.LOG_LEVEL ??= "silent";

// Without this, a signal would end the tests without the event "exit", in which they remove what they made.
for (const [signal, number] of [
  ["SIGHUP", 1],
  ["SIGINT", 2],
  ["SIGTERM", 15],
] as const)
  process.once(signal, () => process.exit(128 + number));
