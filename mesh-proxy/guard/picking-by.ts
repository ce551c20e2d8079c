/** Puts together how endpoints are chosen, by what this proxy knows of them. */
import type { Upstream, WeightedEndpoint } from "../../core/model/mesh-snapshot.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { EndpointLoads } from "../balance/endpoint-loads.ts";
import { clientKeyOf, flowKeyOf } from "../balance/flow-key.ts";
import { podDigest } from "../balance/pod-digest.ts";
import { createPolicy, type KnownLoads } from "../balance/policies/create-policy.ts";
import type { Policy } from "../balance/policies/policy.ts";
import { type Warmed, warmingPolicy } from "../balance/policies/warming-policy.ts";
import { createRendezvousPicker } from "../balance/rendezvous-picker.ts";
import type { Picking } from "../route/picking.ts";
import { endpointKey } from "../steer/breakers.ts";
import type { ServiceGuards } from "./service-guards.ts";

/** A window's weights are looked at so many times. */
const STEPS = 50;
const STEP_MS_MIN = 200;

export interface PickingDeps {
  readonly loads: EndpointLoads;
  readonly guards: ServiceGuards;
  readonly clock: Clock;
}

export function pickingBy(deps: PickingDeps): Picking {
  const known = loadsOf<WeightedEndpoint>(deps, (endpoint) => endpoint);
  return {
    createPolicy: (upstream) => {
      const { balancing = "weighted", endpoints, traffic } = upstream;
      if (traffic?.slowStart === undefined) return createPolicy(balancing, endpoints, known);
      return slowStarting(deps, upstream, traffic.slowStart.windowMs);
    },
    createRendezvousPicker,
    flowKeyOf,
    clientKeyOf,
    podDigestOf: podDigest,
  };
}

function slowStarting(deps: PickingDeps, upstream: Upstream, windowMs: number): Policy<WeightedEndpoint> {
  const { guards, clock } = deps;
  const { balancing = "weighted", endpoints } = upstream;
  const loads = loadsOf<Warmed<WeightedEndpoint>>(deps, ({ endpoint }) => endpoint);
  return warmingPolicy(endpoints, {
    create: (warmed) => createPolicy(balancing, warmed, loads),
    partOf: (endpoint, nowMs) => guards.of(upstream)?.partOf(endpoint, nowMs) ?? 1,
    nowMs: () => clock.nowMs(),
    stepMs: Math.max(STEP_MS_MIN, windowMs / STEPS),
  });
}

function loadsOf<E>({ loads }: PickingDeps, endpointOf: (of: E) => WeightedEndpoint): KnownLoads<E> {
  return {
    active: (of) => loads.activeAt(endpointKey(endpointOf(of))),
    expectedMs: (of) => loads.expectedMsAt(endpointKey(endpointOf(of))),
  };
}
