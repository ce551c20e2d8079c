/** What is worth an event: every path that comes or goes, every function without an instance, and every condition that turns. */
import type { FunctionOutage, ServiceFunctionChain } from "../../core/model/chain.ts";
import type { ChainStatus } from "../../core/ports/chain-writer.ts";
import type { ObjectEvent } from "../../core/ports/event-recorder.ts";
import { weftApiVersion } from "../../platform/kubernetes/weft-resources.ts";
import { outageText, sameAs } from "./function-outages.ts";
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

export function statusEvents(before: ChainStatus | undefined, after: ChainStatus): readonly Said[] {
  return [...outageEvents(before?.outages ?? [], after.outages ?? []), ...conditionEvents(before, after)];
}

function outageEvents(before: readonly FunctionOutage[], after: readonly FunctionOutage[]): readonly Said[] {
  const begun = after.filter((outage) => sameAs(outage, before) === undefined);
  const ended = before.filter(({ function: name }) => after.every((outage) => outage.function !== name));
  return [
    ...begun.map(
      (outage): Said => ({ type: "Warning", reason: `Function${outage.effect}`, message: outageText(outage) }),
    ),
    ...ended.map(({ function: name }): Said => {
      return { type: "Normal", reason: "FunctionServed", message: `${name} is no longer without a ready instance` };
    }),
  ];
}

/** A path that is on its way is no event: its creation was one. Nor is it one that a chain is degraded: each function has its own. */
function conditionEvents(before: ChainStatus | undefined, after: ChainStatus): readonly Said[] {
  return after.conditions.flatMap(({ type, status, reason, message }): readonly Said[] => {
    const old = before?.conditions.find((condition) => condition.type === type);
    if ((old?.status === status && old.reason === reason) || reason === "Pending" || type === "Degraded") return [];
    if (type === "Conflicted" || type === "RolledBack") return [{ type: "Warning", reason: type, message }];
    if (status === "True") return old ? [{ type: "Normal", reason, message }] : [];
    return [{ type: "Warning", reason, message }];
  });
}
