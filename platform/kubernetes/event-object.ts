/** An event as events.k8s.io/v1 has it: https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/ */
import type { ObjectEvent } from "../../core/ports/event-recorder.ts";
import { microTime } from "./micro-time.ts";

export interface EventContext {
  readonly namespace: string;
  /** Which component speaks, such as `weft.dev/sfc`. */
  readonly controller: string;
  /** Which of its replicas. */
  readonly identity: string;
  readonly nowMs: number;
}

const noteBytesMax = 1024;
const reasonCharactersMax = 128;
const identityCharactersMax = 128;

/** The server refuses whole events for one field that is too long: what is said is cut instead. */
export function eventObject(event: ObjectEvent, { namespace, controller, identity, nowMs }: EventContext): object {
  const { regarding, type } = event;
  const reason = event.reason.slice(0, reasonCharactersMax);
  return {
    apiVersion: "events.k8s.io/v1",
    kind: "Event",
    metadata: { namespace, generateName: `${prefixOf(regarding.name)}-` },
    eventTime: microTime(nowMs),
    reportingController: controller,
    reportingInstance: identity.slice(0, identityCharactersMax),
    action: reason,
    reason,
    regarding,
    note: withinBytes(event.message, noteBytesMax),
    type,
  };
}

/** The server adds five characters; what stands before the dash must end as a name may. */
function prefixOf(name: string): string {
  return name.slice(0, 200).replace(/[^a-z0-9]+$/, "");
}

/** Cuts between characters. */
function withinBytes(text: string, bytesMax: number): string {
  if (Buffer.byteLength(text) <= bytesMax) return text;
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(bytesMax - 3));
  return `${text.slice(0, read)}...`;
}
