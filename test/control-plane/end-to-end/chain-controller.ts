/** `weft sfc` over a real cluster: it leads by a real Lease and writes to the API server; quick, so that tests need not wait. */
import type { Registry } from "prom-client";
import { createChainWriter } from "../../../platform/kubernetes/kubernetes-chain-writer.ts";
import { createEventRecorder } from "../../../platform/kubernetes/kubernetes-event-recorder.ts";
import { startLeaseLeadership } from "../../../platform/kubernetes/lease-leadership.ts";
import { createRegistry } from "../../../platform/prometheus/registry.ts";
import { chainStatusObject, parseChainStatus } from "../../../platform/schema/chain-status.ts";
import { serviceFunctionPathObject } from "../../../platform/schema/service-function-path.ts";
import { type SfcConfigInput, sfcConfigSchema } from "../../../sfc/sfc-config.ts";
import { startSfc } from "../../../sfc/start-sfc.ts";
import type { MeshCluster } from "./mesh-cluster.ts";

const encoding = { encodePath: serviceFunctionPathObject, encodeChainStatus: chainStatusObject, parseChainStatus };
const quick = { host: "127.0.0.1", port: 0, activationDelayMs: 300, drainMs: 500 };

/** @param config over what makes it quick; @param registry where its metrics are to be seen. The answer stops it. */
export async function startRealChainController(
  cluster: MeshCluster,
  config: SfcConfigInput = {},
  registry: Registry = createRegistry({ component: "sfc", version: "test" }),
): Promise<() => Promise<void>> {
  const { client, clock, log, view, namespace } = cluster;
  const identity = "the-only-replica";
  const writer = createChainWriter({ client, encoding });
  const recorder = createEventRecorder({ client, clock, controller: "weft.dev/sfc", identity });
  const lease = { namespace, name: "weft-sfc", identity };
  const leadership = startLeaseLeadership({ client, clock, log, random: Math.random, ...lease });
  const deps = { view, writer, recorder, leadership, clock, log, registry };
  const sfc = await startSfc(sfcConfigSchema.parse({ ...quick, ...config }), deps);
  return async () => {
    await sfc.stop();
    await leadership.stop();
  };
}
