/** The control plane of `examples/5g-core` as one rollout: every function declares whom it talks to, and nothing runs yet. */
import { placementGate, placementGroupLabel } from "../../../core/model/placement-group.ts";
import { talksToAnnotation } from "../../../scheduler/placement/talks-to.ts";
import { type DeploymentSpec, exampleDeployment, exampleObject, type Manifest } from "./example-objects.ts";

const coreFunctions = ["nrf", "udr", "udm", "ausf", "pcf", "smf", "amf"] as const;

export interface RolloutOptions {
  /** Behind Weft's gate, as a group of this name. */
  readonly group?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  /** Other gates, before Weft's. */
  readonly gates?: readonly string[];
  /** What the NRF asks for; as in the example unless told. */
  readonly cpuOfNrf?: string;
}

/** Two replicas of each, and the NRF. */
export function coreRollout(options: RolloutOptions = {}): readonly Manifest[] {
  return coreFunctions.map((name) => {
    const manifest = exampleDeployment(name, { replicas: name === "nrf" ? 1 : 2 }) as Manifest<DeploymentSpec>;
    const { metadata, spec } = manifest.spec.template;
    const { group, gates = [], annotations = {}, cpuOfNrf } = options;
    const all = [...gates, ...(group === undefined ? [] : [placementGate])].map((gate) => ({ name: gate }));
    const template = {
      metadata: {
        labels: { ...metadata.labels, ...(group === undefined ? {} : { [placementGroupLabel]: group }) },
        annotations: { ...metadata.annotations, ...talksTo(name), ...annotations },
      },
      spec: {
        ...spec,
        ...(all.length > 0 ? { schedulingGates: all } : {}),
        ...(name === "nrf" && cpuOfNrf !== undefined ? { containers: [containerAsking(cpuOfNrf)] } : {}),
      },
    };
    return { ...manifest, spec: { ...manifest.spec, template } };
  });
}

export const coreServices: readonly Manifest[] = coreFunctions.map((name) => exampleObject("Service", name));

function containerAsking(cpu: string): object {
  return { name: "main", image: "nowhere.invalid/none", resources: { requests: { cpu } } };
}

/** Everybody asks the NRF a little, and its own upstreams more. */
function talksTo(name: string): Readonly<Record<string, string>> {
  const { annotations = {} } = exampleObject<DeploymentSpec>("Deployment", name).spec.template.metadata;
  const upstreams = (annotations["weft.dev/upstreams"] ?? "").split(", ").map((entry) => entry.split("=")[0] ?? "");
  const entries = upstreams.filter((peer) => peer !== "").map((peer) => `${peer}=${peer === "nrf" ? "1k" : "500k"}`);
  return entries.length === 0 ? {} : { [talksToAnnotation]: entries.join(", ") };
}
