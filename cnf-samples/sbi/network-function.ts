/** The shell that every NF with a service-based interface shares: server, clients, NRF, statistics. */
import { endpointOf } from "../config-fields.ts";
import { Counters } from "../counters.ts";
import type { RunningSample, SampleDeps } from "../sample.ts";
import { type NfType, profileOf, uuidOf } from "./nf-profile.ts";
import { NrfLink } from "./nrf-link.ts";
import { problem, type SbiReply } from "./problem-details.ts";
import { SbiClient } from "./sbi-client.ts";
import type { SbiCall } from "./sbi-exchange.ts";
import type { SbiConfig } from "./sbi-limits.ts";
import type { SbiRoute } from "./sbi-route.ts";
import { createSbiRouter } from "./sbi-router.ts";
import { startSbiServer } from "./sbi-server.ts";

export type UpstreamUrls = Readonly<Record<string, string | undefined>>;

/** What an NF's handlers may use of the outside. */
export interface NfContext {
  readonly nfInstanceId: string;
  readonly deps: SampleDeps;
  readonly counters: Counters;
  /** Discovers the type at the NRF, then calls the configured upstream for it. Never throws. */
  call(target: NfType, call: SbiCall): Promise<SbiReply>;
}

export interface NetworkFunctionOptions {
  readonly nfType: NfType;
  /** Services offered, such as `nausf-auth`. */
  readonly services: readonly string[];
  readonly config: SbiConfig & { readonly upstreams?: UpstreamUrls };
  readonly deps: SampleDeps;
  routes(context: NfContext): readonly SbiRoute[];
}

export interface NetworkFunction extends RunningSample {
  readonly context: NfContext;
}

export async function startNetworkFunction(options: NetworkFunctionOptions): Promise<NetworkFunction> {
  const { nfType, config, deps } = options;
  const nfInstanceId = uuidOf(deps.randomBytes(16));
  const name = `${nfType}-${nfInstanceId}`;
  const clients = connectUpstreams(config, name);
  const counters = new Counters();
  let nrf: NrfLink | undefined;
  const context: NfContext = {
    nfInstanceId,
    deps,
    counters,
    call: async (target, call) => {
      const client = clients.get(target.toLowerCase());
      if (!client) return problem(504, "TARGET_NF_NOT_REACHABLE", `no upstream is configured for ${target}`);
      await nrf?.discover(target);
      return client.call(call);
    },
  };
  const router = createSbiRouter(options.routes(context));
  const server = await startSbiServer({ ...config, router, serverName: name, limits: config, deps });
  nrf = linkToNrf(options, clients, nfInstanceId, server.address);
  nrf?.start();
  return {
    context,
    addresses: { sbi: server.address },
    statistics: () => ({
      nfType,
      nfInstanceId,
      server: server.statistics(),
      upstreams: Object.fromEntries([...clients].map(([target, client]) => [target, client.statistics()])),
      ...(nrf && { nrf: nrf.statistics() }),
      ...counters.all(),
    }),
    stop: async () => {
      await nrf?.stop();
      await server.stop();
      for (const client of clients.values()) client.stop();
    },
  };
}

function connectUpstreams(config: NetworkFunctionOptions["config"], userAgent: string): Map<string, SbiClient> {
  const clients = new Map<string, SbiClient>();
  for (const [target, upstream] of Object.entries(config.upstreams ?? {})) {
    if (upstream === undefined) continue;
    const url = upstream.replace(/^tcp:/, "http:");
    clients.set(target, new SbiClient({ url, userAgent, limits: config }));
  }
  return clients;
}

function linkToNrf(
  { nfType, services, config, deps }: NetworkFunctionOptions,
  clients: ReadonlyMap<string, SbiClient>,
  nfInstanceId: string,
  address: string,
): NrfLink | undefined {
  const client = clients.get("nrf");
  if (!client) return undefined;
  const profile = profileOf({ nfInstanceId, nfType, services, endpoint: endpointOf(`tcp://${address}`) });
  return new NrfLink(client, profile, config.heartbeatMs, deps);
}
