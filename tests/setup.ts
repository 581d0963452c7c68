// Run by mocha before it loads tests: services log only where a test, or who debugs one, asks for it.
process.env.LOG_LEVEL ??= "silent";
