/** The emulated network between the lab's nodes: one shaped relay for every pod and every node that it is not on. */
import type { ClusterNode } from "../core/model/cluster-node.ts";
import { present } from "../core/model/invariant.ts";
import { type Locality, localityBetween } from "../core/model/locality.ts";
import { meshPort } from "../core/model/mesh-snapshot.ts";
import { linkAddress } from "./address-plan.ts";
import { type EmulatedLink, startEmulatedLink } from "./emulated-link.ts";
import { type LinkEnd, linkEnd } from "./link-shaper.ts";

export interface LabNetwork {
  /** Opens the links to a pod from every other node. */
  attach(pod: { readonly address: string; readonly index: number; readonly node: string }): Promise<void>;
  /** Where a pod is dialled from a node. */
  addressFrom(node: string, podAddress: string): string;
  /** Bytes that left and entered each node so far. */
  bytesByNode(): ReadonlyMap<string, { readonly out: number; readonly in: number }>;
  detachAll(): Promise<void>;
}

interface NodeLink {
  readonly node: ClusterNode;
  readonly number: number;
  readonly uplink: LinkEnd;
  readonly downlink: LinkEnd;
}

export function createLabNetwork(
  nodes: readonly ClusterNode[],
  latencyMs: Readonly<Record<Locality, number>>,
): LabNetwork {
  const links = new Map(nodes.map((node, number) => [node.name, nodeLink(node, number)]));
  const linkOf = (name: string) => present(links.get(name), `node ${name}`);
  const addresses = new Map<string, string>();
  let open: EmulatedLink[] = [];

  return {
    async attach({ address, index, node }) {
      const there = linkOf(node);
      const others = [...links.values()].filter((link) => link !== there);
      const started = others.map(async (here) => {
        const listenAddress = linkAddress(here.number, index);
        addresses.set(`${here.node.name}>${address}`, listenAddress);
        return startEmulatedLink({
          listenAddress,
          podAddress: address,
          port: meshPort,
          latencyMs: latencyMs[localityBetween(here.node.place, there.node.place)],
          towards: [here.uplink, there.downlink],
          back: [there.uplink, here.downlink],
        });
      });
      open.push(...(await Promise.all(started)));
    },
    addressFrom: (node, podAddress) => addresses.get(`${node}>${podAddress}`) ?? podAddress,
    bytesByNode: () =>
      new Map([...links].map(([name, { uplink, downlink }]) => [name, { out: uplink.bytes, in: downlink.bytes }])),
    async detachAll() {
      const closing = open;
      open = [];
      addresses.clear();
      await Promise.all(closing.map((link) => link.close()));
    },
  };
}

function nodeLink(node: ClusterNode, number: number): NodeLink {
  const bytesPerSecond = node.linkBytesPerSecond ?? Number.POSITIVE_INFINITY;
  return { node, number, uplink: linkEnd(bytesPerSecond), downlink: linkEnd(bytesPerSecond) };
}
