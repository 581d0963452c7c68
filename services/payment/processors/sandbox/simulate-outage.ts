import type { Queries } from "@marquee/service-kit";
import { ProcessorUnavailableError } from "../processor.ts";
import {
  type BehaviourName,
  behaviourNamed,
  type Outage,
} from "./behaviours.ts";

/**
 * Fails the first calls of cards that simulate an outage.
 * @param processed whether the request has been processed by now
 * @throws ProcessorUnavailableError
 */
export async function simulateOutage(
  queries: Queries,
  request: Outage["request"],
  key: string,
  behaviour: BehaviourName,
  processed: boolean,
): Promise<void> {
  const { outage } = behaviourNamed(behaviour);
  if (outage?.request !== request || outage.processed !== processed) return;
  const [row] = await queries.query<{ tries: number }>(
    `INSERT INTO sandbox_tries AS t (request, key) VALUES ($1, $2)
     ON CONFLICT (request, key) DO UPDATE SET tries = t.tries + 1 RETURNING tries`,
    [request, key],
  );
  if ((row?.tries ?? 0) <= outage.failures)
    throw new ProcessorUnavailableError(
      processed
        ? "The sandbox's response was lost: the test card simulates that."
        : "The sandbox can't be reached: the test card simulates that.",
    );
}
