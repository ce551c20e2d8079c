import type { Clock } from "../../core/ports/clock.ts";
import type { EventRecorder } from "../../core/ports/event-recorder.ts";
import { unrepeated } from "../../core/ports/unrepeated-events.ts";
import { bodyOf } from "./api-failure.ts";
import { eventObject } from "./event-object.ts";
import type { KubernetesClient } from "./kubernetes-client.ts";

export interface EventRecorderOptions {
  readonly client: KubernetesClient;
  readonly clock: Clock;
  /** Which component speaks, such as `weft.dev/sfc`. */
  readonly controller: string;
  /** Which of its replicas. */
  readonly identity: string;
}

const repeatAfterMs = 300_000;
const eventsMax = 4096;

/** One new Event object for each event, but none for one that is equal to another of the last five minutes. */
export function createEventRecorder({ client, clock, controller, identity }: EventRecorderOptions): EventRecorder {
  async function record(event: Parameters<EventRecorder["record"]>[0]): Promise<void> {
    const { kind, name } = event.regarding;
    // Where client-go puts the events of what has no namespace.
    const namespace = event.regarding.namespace || "default";
    const body = eventObject(event, { namespace, controller, identity, nowMs: clock.nowMs() });
    const path = `/apis/events.k8s.io/v1/namespaces/${encodeURIComponent(namespace)}/events`;
    bodyOf(`record an event of ${kind} ${namespace}/${name}`, await client.request({ method: "POST", path, body }));
  }

  return unrepeated({ record }, { nowMs: () => clock.nowMs(), repeatAfterMs, eventsMax });
}
