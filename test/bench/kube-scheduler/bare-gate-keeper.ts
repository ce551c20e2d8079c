/**
 * The least that somebody behind a scheduling gate can do, in a process of its own: takes the gate off each pod as it comes, and
 * tells none of a node. It plans nothing, so what it costs is what pods pay for having any gate: one more write each.
 */
import { isGated } from "../../../core/model/placement-group.ts";
import type { Pod } from "../../../core/model/pod.ts";
import { createSystemClock } from "../../../platform/clock/system-clock.ts";
import { openKubernetesClient } from "../../../platform/kubernetes/kubernetes-client.ts";
import { openClusterView } from "../../../platform/kubernetes/kubernetes-cluster-view.ts";
import { createPodRelease } from "../../../platform/kubernetes/kubernetes-pod-release.ts";
import { createLog } from "../../../platform/log/pino-log.ts";

/** As `gates.concurrency` of `weft scheduler`. */
const CONCURRENCY = 32;

const clock = createSystemClock();
const client = openKubernetesClient({ clock, kubeconfigPath: process.argv[2] ?? "" });
const log = createLog({ level: "warn", name: "bare-gate-keeper", destination: process.stderr });
const { pods } = openClusterView({ client, clock, log, random: Math.random, kinds: ["pods"] });
const { release } = createPodRelease({ client });
/** UIDs. */
const known = new Set<string>();
const waiting: Pod[] = [];
let underWay = 0;

pods.subscribe(() => {
  for (const pod of pods.list()) {
    if (!isGated(pod) || known.has(pod.uid)) continue;
    known.add(pod.uid);
    waiting.push(pod);
  }
  next();
});
process.send?.({ url: "" });
process.once("disconnect", () => process.exit());

function next(): void {
  while (underWay < CONCURRENCY) {
    const pod = waiting.shift();
    if (!pod) return;
    underWay++;
    void release(pod).finally(() => {
      underWay--;
      next();
    });
  }
}
