import assert from "node:assert/strict";
import { openDatabase } from "@marquee/service-kit";
import { checkEncryptionKey } from "../../../../services/payment/encryption-key.ts";
import {
  earlierRefusal,
  former,
  formerId,
  insert,
  other,
  refusal,
  useKeys,
} from "../../../support/payment/encryption-key.ts";
import { useReceivers } from "../../../support/payment/outbox.ts";
import { until } from "../../../support/until.ts";

describe("Payment's first KEY_ENCRYPTION_KEY check", () => {
  const keys = useKeys();
  const receive = useReceivers();

  describe("after an upgrade from a version that recorded no id", () => {
    it("records the id of the key that decrypts the webhook secrets", async () => {
      await keys.endpoint(former, await receive());
      await keys.forgetId();
      await keys.begun(former);
      assert.deepEqual(await keys.recorded(), [formerId]);
    });

    it("rejects a key that decrypts no webhook secret, and records nothing", async () => {
      await keys.endpoint(former, await receive());
      await keys.forgetId();
      const before = await keys.contents();
      await keys.refuses(other, earlierRefusal(1, 1));
      assert.equal(await keys.contents(), before);
      await keys.begun(former);
    });

    it("rejects a key that decrypts only some webhook secrets", async () => {
      await keys.endpoint(former, await receive());
      await keys.forgetId();
      await keys.query(insert);
      await keys.endpoint(other, await receive());
      await keys.forgetId();
      await keys.refuses(other, earlierRefusal(1, 2));
    });

    it("accepts another key once the error's SQL statement was run, and delivers once secrets are rotated", async () => {
      const receiver = await receive();
      const { id } = await keys.endpoint(former, receiver);
      await keys.forgetId();
      await keys.refuses(other, earlierRefusal(1, 1));
      await keys.query(insert);
      await keys.assertRecovers(await keys.begun(other), id, receiver);
    });
  });

  describe("with concurrent replicas that have two keys", () => {
    it("accepts one key and rejects the other", async () => {
      const given = [former, other, former, other];
      const databases = given.map(() =>
        openDatabase({ DATABASE_URL: keys.url(), DATABASE_CONNECTIONS: 1 }),
      );
      for (let round = 0; round < 25; round++) {
        await keys.forgetId();
        const ends = await Promise.allSettled(
          databases.map((database, i) =>
            checkEncryptionKey(database, given[i] as string),
          ),
        );
        const [id] = await keys.recorded();
        const accepted = id === formerId ? former : other;
        assert.deepEqual(
          ends.map(({ status }) => status),
          given.map((key) => (key === accepted ? "fulfilled" : "rejected")),
        );
      }
      await Promise.all(databases.map((database) => database.close()));
    });

    it("waits for another replica's uncommitted id, and then rejects its own key", async () => {
      const { service } = keys.withKey(other);
      let beginning: Promise<void> | undefined;
      await keys.transaction(async (tx) => {
        await tx.query("INSERT INTO encryption_key (id) VALUES ($1)", [
          formerId,
        ]);
        beginning = service.start();
        beginning.catch(() => {});
        await until(async () => {
          const [row] = await tx.query<{ waiting: boolean }>(
            "SELECT count(*) > 0 AS waiting FROM pg_locks WHERE NOT granted",
          );
          return row?.waiting === true;
        });
      });
      await assert.rejects(beginning as Promise<void>, { message: refusal() });
    });
  });
});
