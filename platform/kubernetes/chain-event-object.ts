/** A chain's event as events.k8s.io/v1 has it: https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/ */
import type { ChainEvent } from "../../core/ports/chain-writer.ts";
import { microTime } from "./micro-time.ts";

export interface EventContext {
  readonly apiVersion: string;
  readonly identity: string;
  readonly nowMs: number;
}

const noteBytesMax = 1024;
const reasonCharactersMax = 128;
const identityCharactersMax = 128;

export function chainEventObject(event: ChainEvent, { apiVersion, identity, nowMs }: EventContext): object {
  const { namespace, chain, chainUid, type } = event;
  const reason = event.reason.slice(0, reasonCharactersMax);
  return {
    apiVersion: "events.k8s.io/v1",
    kind: "Event",
    metadata: { namespace, generateName: `${prefixOf(chain)}-` },
    eventTime: microTime(nowMs),
    reportingController: "weft.dev/sfc",
    reportingInstance: identity.slice(0, identityCharactersMax),
    action: reason,
    reason,
    regarding: { apiVersion, kind: "ServiceFunctionChain", namespace, name: chain, uid: chainUid },
    note: withinBytes(event.message, noteBytesMax),
    type,
  };
}

/** The server adds five characters; what stands before the dash must end as a name may. */
function prefixOf(chain: string): string {
  return chain.slice(0, 200).replace(/[^a-z0-9]+$/, "");
}

/** Cuts between characters. */
function withinBytes(text: string, bytesMax: number): string {
  if (Buffer.byteLength(text) <= bytesMax) return text;
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(bytesMax - 3));
  return `${text.slice(0, read)}...`;
}
