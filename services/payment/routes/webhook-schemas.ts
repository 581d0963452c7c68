import * as z from "zod";
import { type Delivery, deliveryStates } from "../outbox/deliveries.ts";
import type { Endpoint, Endpoints } from "../outbox/endpoints.ts";
import type { StoredEvent } from "../outbox/event-repository.ts";
import { eventTypes } from "../outbox/event-types.ts";

/** What all routes of webhooks and events have. */
export const security = ["operator"];
export const notOperator = "This is for operators.";

const Types = z
  .array(z.enum(eventTypes))
  .refine(
    (types) => new Set(types).size === types.length,
    "has a type more than once",
  )
  .describe("Those that it gets; none for all, also those that are to come.");

/** What requests have of an endpoint, with a URL that can be one's. */
export function endpointInput({ whyNotUrl }: Pick<Endpoints, "whyNotUrl">) {
  const Url = z
    .string()
    .max(2048)
    .check((ctx) => {
      const why = whyNotUrl(ctx.value);
      if (why)
        ctx.issues.push({ code: "custom", message: why, input: ctx.value });
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
    .describe("gone: it answered 410."),
  paused_until: z.iso
    .datetime()
    .optional()
    .describe("It asked for that, by Retry-After: nothing is sent before."),
  old_secret_until: z.iso
    .datetime()
    .optional()
    .describe("Until when the secret before the present one signs, too."),
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
        "What its consumer verifies by. Nobody is shown it again but who sends this very request again.",
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
const most = 7 * 24 * 60 * 60;
export const Rotation = z.strictObject({
  overlap: z
    .int()
    .min(0)
    .max(most)
    .default(24 * 60 * 60)
    .describe("Seconds for which the present secret signs as well."),
});

export const howToVerify = `Each event is a POST to the URL, as [Standard Webhooks](https://www.standardwebhooks.com) has it: \`webhook-id\`, \`webhook-timestamp\` (seconds), and in \`webhook-signature\` one or two \`v1,\` and base64 of HMAC-SHA-256 of \`id.timestamp.body\`, whose key is the secret, base64-decoded after \`whsec_\`. The body is \`{"type", "timestamp", "sequence", "data"}\`.

An answer of 2xx within 10 seconds is a delivery. After anything else it comes again, ten times in about three days; then the delivery is dead, and kept until somebody has it delivered again. 410 disables the endpoint, and 429 and 503 may say \`Retry-After\`. Redirects are not followed.

An event may come twice, with the same \`webhook-id\`; and events may come in another order than they happened: of two about one thing, the one with the greater \`sequence\` is newer.`;

const eventFields = {
  id: z.uuid().describe("The webhook-id of its deliveries."),
  type: z.string(),
  timestamp: z.iso.datetime(),
  sequence: z
    .int()
    .describe("Of two events about one thing, the newer one's is greater."),
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
    attempts: z.int().describe("That were begun."),
    next_attempt_at: z.iso
      .datetime()
      .optional()
      .describe("With pending, unless its endpoint is paused or disabled."),
    created_at: z.iso.datetime(),
    delivered_at: z.iso.datetime().optional(),
    last_status: z.int().optional().describe("What the endpoint answered."),
    last_body: z
      .string()
      .optional()
      .describe("The beginning of it: 4096 bytes at most."),
    last_error: z.string().optional().describe("What was wrong."),
  })
  .meta({ id: "WebhookDelivery" });

export const EventWithDeliveries = z
  .strictObject({ ...eventFields, deliveries: z.array(DeliveryJson) })
  .meta({ id: "EventWithDeliveries" });

const has_more = z
  .boolean()
  .describe("There are older ones: ask with `before`.");
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
  .describe("How many at most.");
// A bigint of PostgreSQL's, or nothing that it would take.
export const DeliveryId = z
  .string()
  .regex(/^[1-9]\d{0,17}$/, "is no delivery's id");

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
