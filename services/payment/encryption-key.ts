import {
  type Database,
  type Queries,
  untilAvailable,
} from "@marquee/service-kit";
import {
  createSecretEncryption,
  type SecretEncryption,
} from "./outbox/secret-encryption.ts";

/** The data is encrypted with another KEY_ENCRYPTION_KEY. Only an operator can tell which of the two is right. */
class EncryptionKeyError extends Error {
  override readonly name = "EncryptionKeyError";
}

/**
 * Checks that the data is encrypted with this KEY_ENCRYPTION_KEY: with another one, webhooks could not be signed, and
 * retried requests would be rejected. The first start records the key's id. Waits while the database is unavailable.
 * @throws EncryptionKeyError, without having changed anything
 */
export async function checkEncryptionKey(
  database: Database,
  keyEncryptionKey: string,
): Promise<void> {
  const encryption = createSecretEncryption(keyEncryptionKey);
  await untilAvailable(() =>
    database.transaction((tx) => check(tx, encryption)),
  );
}

async function check(tx: Queries, encryption: SecretEncryption): Promise<void> {
  const { id } = encryption;
  if ((await recordedId(tx)) === undefined) {
    await checkSecrets(tx, encryption);
    // If two replicas start at once, the second waits here until the first has recorded its id.
    await tx.query(
      "INSERT INTO encryption_key (id) VALUES ($1) ON CONFLICT DO NOTHING",
      [id],
    );
  }
  const recorded = await recordedId(tx);
  if (recorded !== id)
    throw new EncryptionKeyError(
      `The data in this database is encrypted with the KEY_ENCRYPTION_KEY whose id is ${recorded}, and this program was given the one whose id is ${id}. ${remedy(`UPDATE encryption_key SET id = '${id}'`)}`,
    );
}

async function recordedId(tx: Queries): Promise<string | undefined> {
  const [row] = await tx.query<{ id: string }>("SELECT id FROM encryption_key");
  return row?.id;
}

/** Earlier versions recorded no id: only the webhook secrets tell whether the key is the same. */
async function checkSecrets(
  tx: Queries,
  { id, decrypt }: SecretEncryption,
): Promise<void> {
  const endpoints = await tx.query<{ id: string; secret: Buffer }>(
    "SELECT id, secret FROM webhook_endpoints",
  );
  const unreadable = endpoints.filter((endpoint) => {
    try {
      decrypt(endpoint.secret, endpoint.id);
      return false;
    } catch {
      return true;
    }
  });
  if (unreadable.length > 0)
    throw new EncryptionKeyError(
      `${unreadable.length} of the ${endpoints.length} webhook endpoints in this database have a secret that is encrypted with another KEY_ENCRYPTION_KEY than the one this program was given, whose id is ${id}. ${remedy(`INSERT INTO encryption_key (id) VALUES ('${id}')`)}`,
    );
}

/**
 * The statement records the new id; deleting the old one would not help, since the unreadable secrets would fail the
 * check again.
 */
const remedy = (statement: string) =>
  `Set the former key again: \`pulumi config set --secret --path 'marquee:secrets.payment.KEY_ENCRYPTION_KEY'\`. If it is lost for good, run \`${statement}\` in this database with psql. Each webhook endpoint then needs a new secret (POST /webhook-endpoints/{id}/rotate), and requests made before are refused if they are sent again.`;
