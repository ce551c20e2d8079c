/** What kube-scheduler reserves for a pod. Source: k8s.io/component-helpers/resource/helpers.go, `PodRequests`. */
import { quantityOr } from "./quantity.ts";
import type { Resources } from "./resources.ts";

type Quantities = Readonly<Record<string, string | number>>;

export interface RequestingSpec {
  readonly containers?: readonly RequestingContainer[];
  readonly initContainers?: readonly RequestingContainer[];
  /** What the pod's sandbox takes besides. */
  readonly overhead?: Quantities;
  /** For the pod as a whole; of CPU, memory and huge pages it counts instead of the containers'. */
  readonly resources?: { readonly requests?: Quantities };
}

interface RequestingContainer {
  readonly name?: string;
  readonly restartPolicy?: string;
  readonly resources?: { readonly requests?: Quantities };
}

/** What a kubelet has given each container, which counts where it is more: a resize may be under way. */
export interface RequestingStatus {
  readonly containerStatuses?: readonly ContainerStatus[];
  readonly initContainerStatuses?: readonly ContainerStatus[];
}

interface ContainerStatus {
  readonly name?: string;
  readonly allocatedResources?: Quantities;
  readonly resources?: { readonly requests?: Quantities };
}

export interface PodRequests {
  readonly requests: Resources;
  /** Of resources other than CPU and memory, such as `nvidia.com/gpu`, in their base units; absent for none. */
  readonly otherRequests?: Readonly<Record<string, number>>;
}

/** Of a unit: 0.0161 cores times 1,000 are a hair more than 16.1. */
const ROUNDING = 1e-6;

/** Thousandths of a core, bytes, or pieces. */
type Amounts = Map<string, number>;

/**
 * Containers and sidecars together, or what the most demanding moment of initialisation takes where that is more: a plain
 * init container beside the sidecars that were started before it.
 */
export function podRequestsOf(spec: RequestingSpec, status: RequestingStatus = {}): PodRequests {
  const given = givenByName(status);
  const running = new Map<string, number>();
  const initialising = new Map<string, number>();
  const sidecars = new Map<string, number>();
  for (const container of spec.containers ?? []) add(running, amountsOf(container, given));
  for (const container of spec.initContainers ?? []) {
    const amounts = amountsOf(container, given);
    if (container.restartPolicy === "Always") for (const sum of [running, sidecars]) add(sum, amounts);
    else raise(initialising, add(new Map(sidecars), amounts));
  }
  raise(running, initialising);
  for (const [name, amount] of read(spec.resources?.requests ?? {})) if (isOfPods(name)) running.set(name, amount);
  add(running, read(spec.overhead ?? {}));
  const { cpu: cpuMillis = 0, memory: memoryBytes = 0, ...others } = Object.fromEntries(running);
  const asked = Object.entries(others).filter(([, amount]) => amount > 0);
  const requests = { cpuMillis, memoryBytes };
  return asked.length > 0 ? { requests, otherRequests: Object.fromEntries(asked) } : { requests };
}

function isOfPods(name: string): boolean {
  return name === "cpu" || name === "memory" || name.startsWith("hugepages-");
}

function givenByName({ containerStatuses = [], initContainerStatuses = [] }: RequestingStatus) {
  const given = new Map<string, ContainerStatus>();
  for (const status of [...initContainerStatuses, ...containerStatuses])
    if (status.name && (status.resources?.requests || status.allocatedResources)) given.set(status.name, status);
  return given;
}

function amountsOf({ name, resources }: RequestingContainer, given: ReadonlyMap<string, ContainerStatus>): Amounts {
  const amounts = read(resources?.requests ?? {});
  const status = name === undefined ? undefined : given.get(name);
  if (!status) return amounts;
  raise(amounts, read(status.resources?.requests ?? {}));
  raise(amounts, read(status.allocatedResources ?? {}));
  return amounts;
}

function read(quantities: Quantities): Amounts {
  return new Map(
    Object.entries(quantities).map(([name, quantity]) => [
      name,
      Math.ceil(quantityOr(quantity, 0) * (name === "cpu" ? 1000 : 1) - ROUNDING),
    ]),
  );
}

function add(sum: Amounts, amounts: Amounts): Amounts {
  for (const [name, amount] of amounts) sum.set(name, (sum.get(name) ?? 0) + amount);
  return sum;
}

function raise(most: Amounts, amounts: Amounts): void {
  for (const [name, amount] of amounts) most.set(name, Math.max(most.get(name) ?? 0, amount));
}
