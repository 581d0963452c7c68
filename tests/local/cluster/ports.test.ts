import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { requireAddress, requirePorts } from "../../../local/cluster/ports.ts";
import { UserError } from "../../../local/user-error.ts";

const refusal = async (work: Promise<void>): Promise<string> =>
  work.then(
    () => assert.fail("accepted"),
    (error) => {
      assert.ok(error instanceof UserError);
      return error.message;
    },
  );

describe("requireAddress", () => {
  it("accepts an address of this machine", async () => {
    await requireAddress("127.0.0.1");
  });

  // 192.0.2.0/24 is for documentation: no machine has it.
  for (const [platform, command] of [
    ["darwin", "sudo ifconfig lo0 alias 192.0.2.4"],
    ["linux", "sudo ip address add 192.0.2.4/8 dev lo"],
  ] as const)
    it(`names the command that adds an address on ${platform}`, async () => {
      const message = await refusal(requireAddress("192.0.2.4", platform));
      assert.match(message, /needs the address 192\.0\.2\.4, and this machine/);
      assert.ok(message.includes(`\`${command}\``), message);
    });
});

describe("requirePorts", () => {
  it("names a port that another program uses, and accepts it once it is free", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = other.address() as AddressInfo;
    const message = await refusal(requirePorts("127.0.0.1", [port]));
    assert.ok(
      message.startsWith(
        `The local cluster needs 127.0.0.1:${port}, and another program listens there.`,
      ),
    );
    other.close();
    await once(other, "close");
    await requirePorts("127.0.0.1", [port]);
  });
});
