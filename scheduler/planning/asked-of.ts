import type { Pod } from "../../core/model/pod.ts";
import { workloadKey } from "../../core/model/workload.ts";
import { talksToAnnotation } from "../placement/talks-to.ts";
import type { AskedPod } from "../wire/parse-args.ts";

/** As kube-scheduler would ask about it. */
export function askedOf({ namespace, name, uid, labels, annotations, image, workload }: Pod): AskedPod {
  const talksTo = annotations[talksToAnnotation];
  const asked = { namespace, name, uid, labels, workload: workloadKey(workload) };
  return { ...asked, ...(talksTo === undefined ? {} : { talksTo }), ...(image === "" ? {} : { image }) };
}
