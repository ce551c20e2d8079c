/**
 * Loopback addresses for a whole cluster: all of 127.0.0.0/8 answers on one machine, so every pod gets one of its own, and every
 * pod has one more per other node, on which the emulated link from that node to the pod listens.
 */
import { invariant } from "../core/model/invariant.ts";

const POD_BLOCK = 1;
const LINK_BLOCK_FIRST = 64;
export const NODES_MAX = 128;
const PODS_MAX = 0xffff - 1;

/** The address of the `index`-th pod that the lab has started. */
export function podAddress(index: number): string {
  return addressIn(POD_BLOCK, index);
}

/** Where pods of the node with number `node` reach the `pod`-th pod across their emulated link. */
export function linkAddress(node: number, pod: number): string {
  invariant(node >= 0 && node < NODES_MAX, `the lab has at most ${NODES_MAX} nodes`);
  return addressIn(LINK_BLOCK_FIRST + node, pod);
}

function addressIn(block: number, index: number): string {
  invariant(index >= 0 && index < PODS_MAX, `the lab starts at most ${PODS_MAX} pods`);
  const host = index + 1;
  return `127.${block}.${host >> 8}.${host & 0xff}`;
}
