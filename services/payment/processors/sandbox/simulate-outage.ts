import type { Queries } from "@marquee/service-kit";
import { ProcessorUnavailable } from "../processor.ts";
import {
  type BehaviourName,
  behaviourNamed,
  type Silence,
} from "./behaviours.ts";

/**
 * Says nothing, the first times that a request comes whose card is one for that.
 * @param done whether the request is done by now
 * @throws ProcessorUnavailable
 */
export async function untilAnswered(
  queries: Queries,
  request: Silence["request"],
  key: string,
  behaviour: BehaviourName,
  done: boolean,
): Promise<void> {
  const { silence } = behaviourNamed(behaviour);
  if (silence?.request !== request || silence.done !== done) return;
  const [row] = await queries.query<{ tries: number }>(
    `INSERT INTO sandbox_tries AS t (request, key) VALUES ($1, $2)
     ON CONFLICT (request, key) DO UPDATE SET tries = t.tries + 1 RETURNING tries`,
    [request, key],
  );
  if ((row?.tries ?? 0) <= silence.times)
    throw new ProcessorUnavailable(
      done
        ? "The sandbox's answer was lost, as its test card says."
        : "The sandbox can't be reached, as its test card says.",
    );
}
