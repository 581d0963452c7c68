import assert from "node:assert/strict";
import {
  identityFromPs,
  type Ps,
  processesFromPs,
} from "../../../local/host/ps.ts";

/** Answers like `ps` on macOS. */
const fakePs = (output: string) => {
  const calls: string[][] = [];
  const ps: Ps = (args) => {
    calls.push(args);
    return output;
  };
  return { ps, calls };
};

describe("processesFromPs", () => {
  it("reads ids, parents and whole command lines", () => {
    const { ps, calls } = fakePs(
      "    1     0 Ss   /sbin/launchd\n" +
        "  501     1 S    /Users/ada/my films/pulumi up --stack dev\n" +
        "12345   501 R+   node  local/cli.ts up\n",
    );
    assert.deepEqual(processesFromPs(ps), [
      { pid: 1, parent: 0, command: "/sbin/launchd" },
      {
        pid: 501,
        parent: 1,
        command: "/Users/ada/my films/pulumi up --stack dev",
      },
      { pid: 12345, parent: 501, command: "node  local/cli.ts up" },
    ]);
    assert.deepEqual(calls, [["-axww", "-o", "pid=,ppid=,stat=,command="]]);
  });

  it("omits zombies", () => {
    const { ps } = fakePs("  501     1 Z    (pulumi)\n  502     1 Z+   \n");
    assert.deepEqual(processesFromPs(ps), []);
  });
});

describe("identityFromPs", () => {
  it("consists of the process id and the start time", () => {
    const { ps, calls } = fakePs("S    Sat Nov  7 06:59:24 2026    \n");
    assert.equal(identityFromPs(501, ps), "501-Sat-Nov-7-06:59:24-2026");
    assert.deepEqual(calls, [["-o", "stat=,lstart=", "-p", "501"]]);
  });

  it("is undefined for a zombie and an unused process id", () => {
    assert.equal(
      identityFromPs(501, fakePs("Z+   Sat Nov  7 06:59:24 2026\n").ps),
      undefined,
    );
    assert.equal(identityFromPs(501, fakePs("").ps), undefined);
  });
});
