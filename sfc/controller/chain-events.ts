/** What is worth an event: every path that comes or goes, and every condition that turns. */
import type { ServiceFunctionChain } from "../../core/model/chain.ts";
import type { ChainStatus } from "../../core/ports/chain-writer.ts";
import type { ObjectEvent } from "../../core/ports/event-recorder.ts";
import { weftApiVersion } from "../../platform/kubernetes/weft-resources.ts";
import type { RenewalVerdict } from "./judge-renewal.ts";
import type { PathAction } from "./path-lifecycle.ts";

type Said = Pick<ObjectEvent, "type" | "reason" | "message">;

export function chainEvent({ namespace, name, uid }: ServiceFunctionChain, said: Said): ObjectEvent {
  const kind = { apiVersion: weftApiVersion, kind: "ServiceFunctionChain" };
  return { regarding: { ...kind, namespace, name, uid }, ...said };
}

/** `verdict`: why the chain gets a path, if it was judged. */
export function actionEvent({ kind, path }: PathAction, verdict?: RenewalVerdict): Said | undefined {
  switch (kind) {
    case "create": {
      const why = verdict?.kind === "renew" ? `: ${verdict.reason}` : "";
      return { type: "Normal", reason: "PathCreated", message: `path ${path.name} is sent to its proxies${why}` };
    }
    case "activate":
      return { type: "Normal", reason: "PathActivated", message: `new flows take path ${path.name}` };
    case "delete":
      return { type: "Normal", reason: "PathDeleted", message: `path ${path.name} is gone` };
    case "deactivate":
      return undefined;
  }
}

/** A path that is on its way is no event: its creation was one. */
export function statusEvents(before: ChainStatus | undefined, after: ChainStatus): readonly Said[] {
  return after.conditions.flatMap(({ type, status, reason, message }): readonly Said[] => {
    const old = before?.conditions.find((condition) => condition.type === type);
    if ((old?.status === status && old.reason === reason) || reason === "Pending") return [];
    if (type === "Conflicted" || type === "RolledBack") return [{ type: "Warning", reason: type, message }];
    if (status === "True") return old ? [{ type: "Normal", reason, message }] : [];
    return [{ type: "Warning", reason, message }];
  });
}
