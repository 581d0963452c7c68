// Loaded before any TypeScript, in the syntax of any Node.js: older versions can't read TypeScript, and say so
// unclearly.
const { engines } = require("../package.json");

const wanted = engines.node.replace(">=", "");
const [wantedMajor, wantedMinor] = wanted.split(".").map(Number);
const [major, minor] = process.versions.node.split(".").map(Number);
if (major < wantedMajor || (major === wantedMajor && minor < wantedMinor)) {
  console.error(
    `Marquee needs Node.js ${wanted} or newer, and ${process.execPath} is ${process.versions.node}.\n` +
      "Install a newer one: https://nodejs.org/en/download. On Linux (x64 and arm64), `npm ci` brings one in node_modules.",
  );
  process.exit(1);
}
