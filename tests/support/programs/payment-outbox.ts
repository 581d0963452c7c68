import { logger, openDatabase } from "@marquee/service-kit";
import { createOutbox } from "../../../services/payment/outbox/outbox.ts";
import { keyEncryptionKey, quick, rules } from "../payment/outbox.ts";

// A replica that delivers events, for a test that kills it. Argument: {"url"} of the database, as JSON.
const { url } = JSON.parse(process.argv[2] ?? "{}");
const times = { ...quick, leaseMs: 600_000, responseTimeoutMs: 500_000 };
const database = openDatabase({ DATABASE_URL: url });
createOutbox({ database, keyEncryptionKey, rules, times }).start();
logger.info({ port: 0 }, "listening");
