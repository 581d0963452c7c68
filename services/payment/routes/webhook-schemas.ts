import * as z from "zod";
import { type Delivery, deliveryStates } from "../outbox/deliveries.ts";
import type { Endpoint, Endpoints } from "../outbox/endpoints.ts";
import type { StoredEvent } from "../outbox/event-repository.ts";
import { eventTypes } from "../outbox/event-types.ts";

export const security = ["operator"];
export const notOperator = "The operator key is missing or wrong.";

const Types = z
  .array(z.enum(eventTypes))
  .refine(
    (types) => new Set(types).size === types.length,
    "contains a type more than once",
  )
  .describe("Event types to deliver; empty: all, including future ones.");

/** The request bodies that set an endpoint's properties. */
export function endpointInput({ urlError }: Pick<Endpoints, "urlError">) {
  const Url = z
    .string()
    .max(2048)
    .check((ctx) => {
      const message = urlError(ctx.value);
      if (message)
        ctx.issues.push({ code: "custom", message, input: ctx.value });
    });
  const NewEndpoint = z
    .strictObject({ url: Url, types: Types.default([]) })
    .meta({ id: "NewWebhookEndpoint" });
  const Change = z
    .strictObject({
      url: Url.optional(),
      types: Types.optional(),
      enabled: z.boolean().optional(),
    })
    .meta({ id: "WebhookEndpointChange" });
  return { NewEndpoint, Change };
}

const endpointFields = {
  id: z.uuid(),
  url: z.string(),
  types: z.array(z.string()),
  enabled: z.boolean(),
  disabled_because: z
    .enum(["request", "gone"])
    .optional()
    .describe("gone: the endpoint responded with 410."),
  paused_until: z.iso
    .datetime()
    .optional()
    .describe("The endpoint asked for a pause until then, with Retry-After."),
  old_secret_until: z.iso
    .datetime()
    .optional()
    .describe("Until when the previous secret also signs."),
  created_at: z.iso.datetime(),
};
export const EndpointJson = z
  .strictObject(endpointFields)
  .meta({ id: "WebhookEndpoint" });
export const EndpointList = z
  .strictObject({ data: z.array(EndpointJson) })
  .meta({ id: "WebhookEndpoints" });
export const EndpointWithSecret = z
  .strictObject({
    ...endpointFields,
    secret: z
      .string()
      .describe(
        "Verifies deliveries. Shown only in this response and its replays.",
      ),
  })
  .meta({ id: "WebhookEndpointWithSecret" });
export const TestSent = z
  .strictObject({ event_id: z.uuid(), delivery_id: z.string() })
  .meta({ id: "WebhookTest" });

export const endpointJson = (of: Endpoint): z.infer<typeof EndpointJson> => ({
  id: of.id,
  url: of.url,
  types: of.types,
  enabled: of.disabled === null,
  ...(of.disabled && { disabled_because: of.disabled }),
  ...(of.pausedUntil && { paused_until: of.pausedUntil.toISOString() }),
  ...(of.oldSecretUntil && {
    old_secret_until: of.oldSecretUntil.toISOString(),
  }),
  created_at: of.createdAt.toISOString(),
});

export const Id = z.strictObject({ id: z.uuid() });
const maxOverlapSeconds = 7 * 24 * 60 * 60;
export const Rotation = z.strictObject({
  overlap: z
    .int()
    .min(0)
    .max(maxOverlapSeconds)
    .default(24 * 60 * 60)
    .describe("For how many seconds the current secret also signs."),
});

export const howToVerify = `Each event is a POST to the URL that follows [Standard Webhooks](https://www.standardwebhooks.com): \`webhook-id\`, \`webhook-timestamp\` (seconds), and \`webhook-signature\` with one or two signatures: \`v1,\` and the base64 of an HMAC-SHA-256 of \`id.timestamp.body\`. The key is the secret, base64-decoded after \`whsec_\`. The body is \`{"type", "timestamp", "sequence", "data"}\`.

An event is delivered if the endpoint answers 2xx within 10 seconds. Otherwise it is retried ten times over about three days; after that the delivery is dead, and kept until an operator redelivers it. 410 disables the endpoint. \`Retry-After\` is respected with 429 and 503. Redirects are not followed.

An event may be delivered more than once, with the same \`webhook-id\`, and events may arrive out of order: of two events about the same object, the one with the greater \`sequence\` is newer.`;

const eventFields = {
  id: z.uuid().describe("Sent as webhook-id."),
  type: z.string(),
  timestamp: z.iso.datetime(),
  sequence: z
    .int()
    .describe("Increases over the events about the same object."),
  data: z.record(z.string(), z.unknown()),
};
const Event = z.strictObject(eventFields).meta({ id: "Event" });

export const DeliveryJson = z
  .strictObject({
    id: z.string(),
    event_id: z.uuid(),
    type: z.string(),
    endpoint_id: z.uuid(),
    state: z.enum(deliveryStates),
    attempts: z.int().describe("Attempts started so far."),
    next_attempt_at: z.iso
      .datetime()
      .optional()
      .describe("With pending. Paused and disabled endpoints wait for longer."),
    created_at: z.iso.datetime(),
    delivered_at: z.iso.datetime().optional(),
    last_status: z
      .int()
      .optional()
      .describe("The status of the last response."),
    last_body: z
      .string()
      .optional()
      .describe("The first 4096 bytes of the last response."),
    last_error: z.string().optional().describe("Why the last attempt failed."),
  })
  .meta({ id: "WebhookDelivery" });

export const EventWithDeliveries = z
  .strictObject({ ...eventFields, deliveries: z.array(DeliveryJson) })
  .meta({ id: "EventWithDeliveries" });

const has_more = z.boolean().describe("There are older items: pass `before`.");
export const EventPage = z
  .strictObject({ data: z.array(Event), has_more })
  .meta({ id: "EventPage" });
export const DeliveryPage = z
  .strictObject({ data: z.array(DeliveryJson), has_more })
  .meta({ id: "WebhookDeliveryPage" });

export const limit = z.coerce
  .number()
  .int()
  .min(1)
  .max(100)
  .default(20)
  .describe("Page size.");
// Fits PostgreSQL's bigint.
export const DeliveryId = z
  .string()
  .regex(/^[1-9]\d{0,17}$/, "is not a delivery id");

export const eventJson = (of: StoredEvent): z.infer<typeof Event> => ({
  id: of.id,
  type: of.type,
  timestamp: of.createdAt.toISOString(),
  sequence: Number(of.sequence),
  data: of.data,
});

export const deliveryJson = (of: Delivery): z.infer<typeof DeliveryJson> => ({
  id: `${of.id}`,
  event_id: of.eventId,
  type: of.type,
  endpoint_id: of.endpointId,
  state: of.state,
  attempts: of.attempts,
  ...(of.state === "pending" && {
    next_attempt_at: of.nextAttemptAt.toISOString(),
  }),
  created_at: of.createdAt.toISOString(),
  ...(of.deliveredAt && { delivered_at: of.deliveredAt.toISOString() }),
  ...(of.lastStatus !== null && { last_status: of.lastStatus }),
  ...(of.lastBody !== null && { last_body: of.lastBody }),
  ...(of.lastError !== null && { last_error: of.lastError }),
});
