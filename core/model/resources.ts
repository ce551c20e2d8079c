/** CPU in thousandths of a core and memory in bytes: what pods request and nodes offer. */
export interface Resources {
  readonly cpuMillis: number;
  readonly memoryBytes: number;
}

export const noResources: Resources = { cpuMillis: 0, memoryBytes: 0 };

export function addResources(a: Resources, b: Resources): Resources {
  return { cpuMillis: a.cpuMillis + b.cpuMillis, memoryBytes: a.memoryBytes + b.memoryBytes };
}

export function subtractResources(a: Resources, b: Resources): Resources {
  return { cpuMillis: a.cpuMillis - b.cpuMillis, memoryBytes: a.memoryBytes - b.memoryBytes };
}

export type FitVerdict = { readonly kind: "fits" } | { readonly kind: "rejected"; readonly reason: string };

/** Whether `wanted` fits into `free`; the reason is worded as kube-scheduler words it. */
export function fitResources(wanted: Resources, free: Resources): FitVerdict {
  if (wanted.cpuMillis > free.cpuMillis) return { kind: "rejected", reason: "Insufficient cpu" };
  if (wanted.memoryBytes > free.memoryBytes) return { kind: "rejected", reason: "Insufficient memory" };
  return { kind: "fits" };
}
