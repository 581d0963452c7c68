import { isLive, type Subscription } from "../clients/payment-schemas.ts";
import type { Dependencies } from "../dependencies.ts";
import type { PageSession } from "../http/page-session.ts";

/** The viewer's subscription that has not ended. @throws PaymentUnavailableError */
export async function liveSubscription(
  { payment }: Dependencies,
  { token }: PageSession,
): Promise<Subscription | undefined> {
  const { data } = await payment.subscriptionsOf(token);
  return data.find(isLive);
}
