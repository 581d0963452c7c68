import assert from "node:assert/strict";
import { chmodSync, rmSync } from "node:fs";
import { delimiter, join } from "node:path";
import {
  engineProblem,
  findEngine,
  readFailure,
  readInfo,
} from "../../../local/docker/engine.ts";
import { useFolders } from "../../support/folders.ts";

describe("findEngine", () => {
  const useFolder = useFolders();
  const { PATH } = process.env;
  afterEach(() => {
    process.env.PATH = PATH;
  });
  /** Puts another `docker` on the PATH; returns its folder. */
  function useDocker(script: string) {
    const folder = useFolder({ docker: `#!/bin/sh\n${script}` });
    chmodSync(join(folder, "docker"), 0o755);
    process.env.PATH = `${folder}${delimiter}${PATH}`;
    return folder;
  }

  it("finds an engine that answers", async () => {
    useDocker(`echo '{"MemTotal": 4096, "DockerRootDir": "/data"}'`);
    assert.deepEqual(await findEngine(), {
      state: "answers",
      info: { memoryBytes: 4096, dataFolder: "/data" },
    });
  });

  it("does not wait for an engine that hangs", async () => {
    const folder = useDocker(
      'while [ -e "$(dirname "$0")/docker" ]; do sleep 0.1; done',
    );
    assert.deepEqual(await findEngine(100), { state: "hangs" });
    rmSync(join(folder, "docker"));
  });

  it("reports that Docker denies access", async () => {
    useDocker(
      "echo 'permission denied while trying to connect to the docker API at unix:///var/run/docker.sock' >&2; exit 1",
    );
    assert.deepEqual(await findEngine(), {
      state: "denies access",
      address: "unix:///var/run/docker.sock",
    });
  });

  it("finds no engine without a docker command", async () => {
    process.env.PATH = useFolder();
    assert.deepEqual(await findEngine(), {
      state: "absent",
      address: undefined,
    });
  });
});

describe("readFailure", () => {
  const absent = "absent";
  const denied = "denies access";
  const socket = "unix:///var/run/docker.sock";
  for (const [output, state, address] of [
    [
      `Cannot connect to the Docker daemon at ${socket}. Is the docker daemon running?`,
      absent,
      socket,
    ],
    [
      `failed to connect to the docker API at ${socket}; check if the path is correct and if the daemon is running: dial unix /var/run/docker.sock: connect: no such file or directory`,
      absent,
      socket,
    ],
    [
      'error during connect: Get "http://%2F/v1.24/info": dial tcp: lookup docker.example: no such host',
      absent,
      undefined,
    ],
    [
      "Cannot connect to the Docker daemon at tcp://10.0.0.7:2375. Is the docker daemon running?",
      absent,
      "tcp://10.0.0.7:2375",
    ],
    [
      `permission denied while trying to connect to the Docker daemon socket at ${socket}: Get "http://%2Fvar%2Frun%2Fdocker.sock/v1.24/info": dial unix /var/run/docker.sock: connect: permission denied`,
      denied,
      socket,
    ],
    [
      `permission denied while trying to connect to the docker API at ${socket}`,
      denied,
      socket,
    ],
    ["", absent, undefined],
  ] as const)
    it(`reads "${state}" and ${address ?? "no address"} from "${output}"`, () => {
      assert.deepEqual(readFailure(output), { state, address });
    });
});

describe("engineProblem", () => {
  const user = { platform: "linux", root: false, dockerCommand: true } as const;
  const at = (address?: string) =>
    engineProblem({ state: "absent", address }, user);

  it("names the command that starts the machine's own engine", () => {
    const start = "Start it: `sudo systemctl start docker`.";
    assert.equal(at(), `No Docker engine answers. ${start}`);
    assert.equal(
      at("unix:///var/run/docker.sock"),
      `No Docker engine answers at unix:///var/run/docker.sock. ${start}`,
    );
  });

  it("suggests to select another engine if one on another machine does not answer", () => {
    assert.equal(
      at("tcp://10.0.0.7:2375"),
      "No Docker engine answers at tcp://10.0.0.7:2375. Start it, or select another: `docker context use`, or DOCKER_HOST.",
    );
  });
});

describe("readInfo", () => {
  it("reads the engine's memory and data folder", () => {
    assert.deepEqual(
      readInfo(
        JSON.stringify({ MemTotal: 4096, DockerRootDir: "/var/lib/docker" }),
      ),
      {
        state: "answers",
        info: { memoryBytes: 4096, dataFolder: "/var/lib/docker" },
      },
    );
  });

  it("reads a missing engine from the output of a successful command", () => {
    assert.deepEqual(
      readInfo(
        JSON.stringify({
          MemTotal: 0,
          ServerErrors: [
            "Cannot connect to the Docker daemon at unix:///run/a.sock. Is the docker daemon running?",
          ],
        }),
      ),
      { state: "absent", address: "unix:///run/a.sock" },
    );
  });
});
