/** Host ports: a node has each once. */
import { type HostPort, isSamePort } from "../../../core/model/host-port.ts";
import type { Pod } from "../../../core/model/pod.ts";
import { byNode } from "./cluster-nodes.ts";
import { distinct } from "./distinct.ts";
import { separate } from "./keep-apart.ts";
import { domainOf, type Situation } from "./situation.ts";

export function keepPortsApart(situation: Situation): void {
  const users = situation.planned
    .map((workload) => ({ workload, ports: distinct(workload.open.flatMap(hostPortsOf)) }))
    .filter(({ ports }) => ports.length > 0);
  if (users.length === 0) return;
  const division = situation.nodes.division(byNode);
  const settled = byPort(situation.settled);
  for (const [index, { workload, ports }] of users.entries()) {
    for (const port of ports)
      for (const { pod, ports: taken } of settled.get(entryOf(port)) ?? [])
        if (taken.some((other) => isSamePort(port, other)))
          workload.block(division, domainOf(situation, pod, division));
    workload.atMostPerNode(1);
    for (const other of users.slice(index + 1))
      if (ports.some((port) => other.ports.some((its) => isSamePort(port, its))))
        separate(situation, workload, other.workload, division);
  }
}

function hostPortsOf({ constraints }: Pod): readonly HostPort[] {
  return constraints?.hostPorts ?? [];
}

function byPort(pods: Iterable<Pod>) {
  const users = new Map<string, { readonly pod: Pod; readonly ports: readonly HostPort[] }[]>();
  for (const pod of pods)
    for (const entry of new Set(hostPortsOf(pod).map(entryOf))) {
      const others = users.get(entry) ?? [];
      others.push({ pod, ports: hostPortsOf(pod) });
      users.set(entry, others);
    }
  return users;
}

function entryOf({ protocol, port }: HostPort): string {
  return `${port}/${protocol}`;
}
