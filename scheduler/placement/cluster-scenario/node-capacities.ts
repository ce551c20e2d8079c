/** What is left of each node for the scenario's services. */
import type { Pod } from "../../../core/model/pod.ts";
import type { ClusterNodes } from "./cluster-nodes.ts";
import type { PlannedWorkload } from "./planned-workload.ts";
import type { Remarks } from "./remarks.ts";
import { allocatableOf, requestOf } from "./resource-amounts.ts";

export interface NodeRoom {
  /** By resource: what is allocatable less what pods take that are no replicas. */
  readonly capacity: number[];
  /** By resource: the part of `capacity` that replicas which stay do not take. */
  readonly open: number[];
}

interface CapacityParts {
  readonly nodes: ClusterNodes;
  readonly resources: readonly string[];
  /** The services. */
  readonly services: readonly PlannedWorkload[];
  /** Pods on nodes that are no replicas. */
  readonly others: readonly Pod[];
  readonly remarks: Remarks;
}

/**
 * A replica that stays is charged what its service asks for, and its node is given the difference to what the pod itself asks
 * for: so both are exact. A node whose pods take more than it has is full, and not less than that.
 */
export function nodeRooms({ nodes, resources, services, others, remarks }: CapacityParts): NodeRoom[] {
  const podsMax = services.reduce((sum, { fixed, open }) => sum + fixed.length + open.length, others.length + 1);
  const rooms = nodes.list.map((node): NodeRoom => {
    const capacity = allocatableOf(node, resources, podsMax);
    return { capacity, open: [...capacity] };
  });
  const charge = (pod: Pod, isReplica: boolean, request: readonly number[]) => {
    const room = rooms[nodes.indexOf(pod)];
    if (!room) return;
    for (const [index, amount] of requestOf(pod, resources).entries()) {
      room.open[index] = (room.open[index] ?? 0) - amount;
      room.capacity[index] = (room.capacity[index] ?? 0) - amount + (isReplica ? (request[index] ?? 0) : 0);
    }
  };
  for (const { fixed, request } of services) for (const pod of fixed) charge(pod, true, request);
  for (const pod of others) charge(pod, false, []);
  for (const [node, { capacity, open }] of rooms.entries())
    for (const [index, left] of open.entries()) {
      if (left >= 0) continue;
      remarks.add(`pods that stay take more ${resources[index]} than there is`, nodes.list[node]?.name ?? "");
      capacity[index] = (capacity[index] ?? 0) - left;
      open[index] = 0;
    }
  return rooms;
}

/** Whether a workload's pending pods would find room if nobody else wanted any. */
export function hasRoom(
  { open, fixed, request, allowed, perNodeMax }: PlannedWorkload,
  rooms: readonly NodeRoom[],
  nodes: ClusterNodes,
): boolean {
  const standing = new Int32Array(rooms.length);
  for (const pod of fixed) standing[nodes.indexOf(pod)] = (standing[nodes.indexOf(pod)] ?? 0) + 1;
  let room = 0;
  for (const [node, { open: left }] of rooms.entries()) {
    if (allowed[node] !== 1) continue;
    const fits = request.map((amount, index) => (amount > 0 ? Math.floor((left[index] ?? 0) / amount) : open.length));
    room += Math.max(0, Math.min(perNodeMax - (standing[node] ?? 0), ...fits));
    if (room >= open.length) return true;
  }
  return room >= open.length;
}
