/** NRF: TS 29.510 management and discovery over h2c. */
import { z } from "zod";
import { defineSample } from "../sample.ts";
import { startNetworkFunction } from "../sbi/network-function.ts";
import { nfProfile } from "../sbi/nf-profile.ts";
import { jsonPatchType } from "../sbi/problem-details.ts";
import { sbiFields } from "../sbi/sbi-limits.ts";
import { type SbiRoute, sbiRoute } from "../sbi/sbi-route.ts";
import { discoveryQuery, heartbeatPatch, NfRegistry } from "./rules.ts";

const configSchema = z.strictObject({
  ...sbiFields,
  heartbeatSeconds: z.int().min(1).default(10).describe("Heartbeat interval asked of every instance"),
  validitySeconds: z.int().min(1).default(60).describe("How long a discovery may be believed"),
  instancesMax: z.int().min(1).default(1024).describe("NF instances registered at once"),
});

export const nrfSample = defineSample({
  name: "nrf",
  summary: "Network repository function: registers, discovers (TS 29.510)",
  configSchema,
  start: async (config, deps) => {
    const registry = new NfRegistry(config);
    const routes = () => [...managementRoutes(registry, deps.nowMs), discoveryRoute(registry, deps.nowMs)];
    const services = ["nnrf-nfm", "nnrf-disc"];
    const running = await startNetworkFunction({ nfType: "NRF", services, config, deps, routes });
    return { ...running, statistics: () => ({ ...running.statistics(), instances: registry.countByType() }) };
  },
});

function managementRoutes(registry: NfRegistry, nowMs: () => number): readonly SbiRoute[] {
  const template = "/nnrf-nfm/v1/nf-instances/{nfInstanceId}";
  return [
    sbiRoute({
      method: "PUT",
      template,
      operation: "RegisterNFInstance",
      body: nfProfile,
      handle: ({ params, body }) => registry.register(params.nfInstanceId ?? "", body, nowMs()),
    }),
    sbiRoute({
      method: "PATCH",
      template,
      operation: "UpdateNFInstance",
      contentType: jsonPatchType,
      body: heartbeatPatch,
      handle: ({ params, body }) => registry.heartbeat(params.nfInstanceId ?? "", body, nowMs()),
    }),
    sbiRoute({
      method: "DELETE",
      template,
      operation: "DeregisterNFInstance",
      handle: ({ params }) => registry.deregister(params.nfInstanceId ?? ""),
    }),
    sbiRoute({
      method: "GET",
      template,
      operation: "GetNFInstance",
      handle: ({ params }) => registry.profile(params.nfInstanceId ?? ""),
    }),
  ];
}

function discoveryRoute(registry: NfRegistry, nowMs: () => number): SbiRoute {
  return sbiRoute({
    method: "GET",
    template: "/nnrf-disc/v1/nf-instances",
    operation: "SearchNFInstances",
    query: discoveryQuery,
    handle: ({ query }) => registry.discover(query, nowMs()),
  });
}
