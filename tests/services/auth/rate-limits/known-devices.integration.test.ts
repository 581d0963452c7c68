import assert from "node:assert/strict";
import { createDeviceCookies } from "../../../../services/auth/rate-limits/device-cookie.ts";
import { email, pass } from "../../../support/auth/domain.ts";
import { devices, useLoginLimits } from "../../../support/auth/login-limits.ts";

describe("Login limits: known device", () => {
  const { replicas, tries, assertAllowed } = useLoginLimits();

  it("allows ten failures at once from the device, then one every 90 s", async () => {
    const device = devices.issue(email);
    assert.deepEqual(await tries({ deviceCookie: device }), {
      made: 10,
      retryAfter: 90,
    });
    await pass(replicas.first, 91);
    assert.equal((await tries({ deviceCookie: device })).made, 1);
  });

  it("accepts a login after others' failures from the same address", async () => {
    await tries();
    await assertAllowed({ deviceCookie: devices.issue(email) });
  });

  it("does not count the device's failures for others", async () => {
    for (let i = 0; i < 15; i++)
      await tries({ deviceCookie: devices.issue(email) });
    assert.equal((await tries()).made, 10);
  });

  it("counts failures for each device separately", async () => {
    await tries({ deviceCookie: devices.issue(email) });
    await assertAllowed({ deviceCookie: devices.issue(email) });
  });

  it("treats a device with an invalid cookie as unknown", async () => {
    await tries();
    for (const device of [
      "",
      "x",
      devices.issue("eve@example.com"),
      devices.issue(email).slice(1),
      createDeviceCookies("another-key-encryption-key-of-32-").issue(email),
    ])
      assert.equal((await tries({ deviceCookie: device })).made, 0);
  });
});
