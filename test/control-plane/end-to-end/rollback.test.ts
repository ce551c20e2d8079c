import { Agent, get } from "node:http";
import { setTimeout } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { ServiceFunctionPath } from "../../../core/model/chain.ts";
import { upstreamsAnnotation } from "../../../core/model/mesh-snapshot.ts";
import { parseUpstreams } from "../../../mesh-control/parse-upstreams.ts";
import { createRegistry } from "../../../platform/prometheus/registry.ts";
import { coreApi, removePodsAndNodes } from "../cluster-client.ts";
import type { Component } from "../component.ts";
import { describeWithControlPlane } from "../describe-with-control-plane.ts";
import { kubectl } from "../install-crds.ts";
import { startControllerManager } from "../kube-controller-manager.ts";
import { startScheduler } from "../kube-scheduler.ts";
import { startRealChainController } from "./chain-controller.ts";
import { type DeploymentSpec, exampleDeployment, exampleObject, type Manifest } from "./example-objects.ts";
import { type FlowExtender, startFlowExtender } from "./flow-extender.ts";
import { type MeshCluster, openMeshCluster } from "./mesh-cluster.ts";

const chain = exampleObject<{ readonly functions: readonly string[] }>("ServiceFunctionChain", "n6");
/** The UPF's listener for the data network. */
const n6Port = listenPort(exampleObject<DeploymentSpec>("Deployment", "upf"), "dn");
/** By default a proxy passes over an instance that breaks off three times: here it does not, or hardly any flow would fail. */
const unshielded = { failuresMax: 1000 };
/** So many connections at a time ask for something, again and again. */
const clients = 8;

/** Flows of TCP from the UPF's pod through a firewall to the data network; the test takes the place of the UPF's N6 connections. */
describeWithControlPlane("a chain under load whose new instance refuses flows", (connection) => {
  let cluster: MeshCluster;
  let extender: FlowExtender | undefined;
  let stopController: (() => Promise<void>) | undefined;
  let load: Load | undefined;
  const components: Component[] = [];
  const registry = createRegistry({ component: "sfc", version: "test" });

  beforeAll(async () => {
    await removePodsAndNodes(coreApi(connection));
    cluster = await openMeshCluster(connection, ["a", "b"], { proxy: unshielded });
    components.push(...(await Promise.all([startControllerManager(connection), startScheduler(connection)])));
    await cluster.addNodes("a", "b");
    await cluster.apply(exampleDeployment("upf", { node: "a" }), exampleDeployment("dn", { node: "b" }));
    await cluster.apply(plainTcp(exampleObject("Service", "dn")));
    await cluster.apply(exampleDeployment("firewall", { replicas: 2 }), exampleObject("ServiceFunction", "firewall"));
    await Promise.all([cluster.readyPods("upf", 1), cluster.readyPods("dn", 1), cluster.readyPods("firewall", 2)]);
    extender = await startFlowExtender(cluster);
    const patient = { schedulerUrl: extender.url, demandIntervalMs: 200, drainMs: 600_000 };
    const measured = { latencies: "measured", measuredLatencies: { intervalMs: 200, pairsMin: 1 } } as const;
    stopController = await startRealChainController(cluster, { ...patient, ...measured }, registry);
    await cluster.apply({ ...chain, spec: { ...chain.spec, functions: ["firewall"] } });
    await kubectlHere("wait", "--for=condition=Programmed", "--timeout=40s", "sfc/n6");
  });

  afterAll(async () => {
    await load?.stop();
    for (const component of components) await component.stop();
    await stopController?.();
    await extender?.stop();
    await cluster?.close();
  });

  it("goes back to the path before, and is then served as before", async () => {
    const first = activePath();
    const [upf] = cluster.view.pods.list().filter(({ labels }) => labels.app === "upf");
    load = startLoad(`http://${upf?.address}:${n6Port}/objects/1000`);
    await cluster.until("enough was tried on the first path", () => load && load.answered > 1000);
    expect(load.failed).toBe(0);

    load.pauseMs = 100;
    await cluster.apply(refusingFirewall());
    await cluster.until("the path with the new instance is active", () => activePath().spi !== first.spi);
    const second = activePath();
    expect(instancesOf(second)).toHaveLength(3);
    await cluster.until("the first path is active again", () => activePath().spi === first.spi);
    expect(load.failed).toBeGreaterThan(0);

    const { conditions } = await statusOf("n6");
    const rolledBack = conditions.find(({ type }) => type === "RolledBack");
    expect(rolledBack).toMatchObject({ status: "True", reason: "ErrorsRose" });
    expect(rolledBack?.message).toMatch(
      new RegExp(`^the path with SPI ${second.spi} was taken back: \\d+ of \\d+ attempts failed`),
    );
    expect(conditions.find(({ type }) => type === "Programmed")).toMatchObject({ status: "True" });
    const events = await kubectlHere("get", "events", "-o", "jsonpath={range .items[*]}{.type} {.reason}{'\\n'}{end}");
    expect(events.split("\n")).toContain("Warning RolledBack");

    load.pauseMs = 0;
    await cluster.until("everything is answered again", () => load && load.inARow > 200);
    expect(activePath().spi).toBe(first.spi);
  });

  it("says what its function was measured to take, beside its budget", async () => {
    const isTimed = async () => {
      const hops = (await statusOf("n6")).measured?.latency?.hops ?? [];
      return hops.some((hop) => hop.function === "firewall" && hop.functionMs !== undefined && hop.functionMs > 0);
    };
    await cluster.until("the status says what the firewall takes", isTimed);
    const { conditions } = await statusOf("n6");
    expect(conditions.find(({ type }) => type === "WithinLatencyBudget")).toMatchObject({
      message: expect.stringMatching(/ms of 50 ms, and \d+\.\d\d ms with what functions were measured to take$/),
    });
  });

  it("goes by the round trips that proxies have measured between its nodes", async () => {
    const isMeasured = async () => (await metricOf("weft_sfc_measured_groups")) > 0;
    await cluster.until("groups of nodes have latencies of their own", isMeasured);
    // The nodes are zones of one region: that of both, each of them, and everything.
    expect(await metricOf("weft_sfc_measured_groups")).toBe(4);
    expect(await metricOf("weft_sfc_measured_pairs")).toBeGreaterThan(0);
  });

  it("leaves what was taken back to the next leader", async () => {
    const before = activePath();
    await stopController?.();
    stopController = await startRealChainController(cluster, { schedulerUrl: extender?.url ?? "", drainMs: 600_000 });
    await kubectlHere("annotate", "sfc/n6", "test/touched=yes");
    const seen = load?.answered ?? 0;
    await cluster.until("time goes by", () => load && load.answered > seen + 400);
    expect(activePath().spi).toBe(before.spi);
    expect((await statusOf("n6")).refused).toMatchObject([{ times: 1 }]);
  });

  async function metricOf(name: string): Promise<number> {
    const [, value] = new RegExp(`^${name} (.+)$`, "m").exec(await registry.metrics()) ?? [];
    return Number(value);
  }

  function activePath(): ServiceFunctionPath {
    const active = cluster.view.serviceFunctionPaths.list().filter((path) => {
      return path.namespace === cluster.namespace && path.isActive;
    });
    const [newest] = active.toSorted((a, b) => b.spi - a.spi);
    if (newest === undefined) throw new Error("no path is active");
    return newest;
  }

  function kubectlHere(...args: readonly string[]): Promise<string> {
    return kubectl(connection, ["-n", cluster.namespace, ...args]);
  }

  async function statusOf(name: string): Promise<ChainStatus> {
    const object = JSON.parse(await kubectlHere("get", `sfc/${name}`, "-o", "json")) as { status: ChainStatus };
    return object.status;
  }
});

interface ChainStatus {
  readonly conditions: readonly { readonly type: string; readonly status: string; readonly message: string }[];
  readonly refused?: readonly unknown[];
  readonly measured?: { readonly latency?: { readonly hops: readonly TimedHop[] } };
}

interface TimedHop {
  readonly function?: string;
  readonly functionMs?: number;
}

function instancesOf({ hops }: ServiceFunctionPath): readonly string[] {
  return [...new Set(hops[0]?.weights.map(({ to }) => to))];
}

/** Steered by connection, so that a flow which a function resets is lost: nobody can repeat it. */
function plainTcp(service: Manifest<unknown>): Manifest {
  const spec = service.spec as { readonly ports: readonly { readonly port: number }[] };
  return { ...service, spec: { ...spec, ports: spec.ports.map(({ port }) => ({ port })) } };
}

/** An instance of the firewall that is ready and was told to deny everything. */
function refusingFirewall(): Manifest {
  const deployment = exampleDeployment("firewall") as Manifest<DeploymentSpec & { readonly selector: unknown }>;
  const { template } = deployment.spec;
  const [container] = (template.spec as unknown as { containers: readonly { readonly args: readonly string[] }[] }).containers; // biome-ignore format: short
  const labels = { ...template.metadata.labels, variant: "refusing" };
  const containers = [{ ...container, args: [...(container?.args ?? []), "--set", "defaultAction=deny"] }];
  return {
    ...deployment,
    metadata: { name: "refusing-firewall" },
    spec: {
      ...deployment.spec,
      selector: { matchLabels: { variant: "refusing" } },
      template: { metadata: { ...template.metadata, labels }, spec: { ...template.spec, containers } },
    },
  } as Manifest;
}

interface Load {
  /** Of each client, between two requests. */
  pauseMs: number;
  readonly answered: number;
  readonly failed: number;
  /** Answers since the last failure. */
  readonly inARow: number;
  stop(): Promise<void>;
}

/** Each request has a connection of its own, as a session of the UPF has. */
function startLoad(url: string): Load {
  const counts = { answered: 0, failed: 0, inARow: 0 };
  const pace = { pauseMs: 0 };
  let isStopped = false;
  const agent = new Agent({ keepAlive: false });

  async function run(): Promise<void> {
    while (!isStopped) {
      const isAnswered = await askOnce(url, agent).catch(() => false);
      if (isAnswered) counts.answered++;
      else counts.failed++;
      counts.inARow = isAnswered ? counts.inARow + 1 : 0;
      if (pace.pauseMs > 0) await setTimeout(pace.pauseMs);
    }
  }

  const running = Array.from({ length: clients }, run);
  return {
    get pauseMs() {
      return pace.pauseMs;
    },
    set pauseMs(pauseMs) {
      pace.pauseMs = pauseMs;
    },
    get answered() {
      return counts.answered;
    },
    get failed() {
      return counts.failed;
    },
    get inARow() {
      return counts.inARow;
    },
    async stop() {
      isStopped = true;
      await Promise.all(running);
    },
  };
}

function askOnce(url: string, agent: Agent): Promise<boolean> {
  return new Promise((resolve, reject) => {
    get(url, { agent }, (response) => {
      response.resume();
      response.on("end", () => resolve(response.statusCode === 200));
      response.on("error", reject);
    }).on("error", reject);
  });
}

function listenPort({ spec }: Manifest<DeploymentSpec>, service: string): number | undefined {
  const annotation = spec.template.metadata.annotations?.[upstreamsAnnotation] ?? "";
  return parseUpstreams(annotation, "default").requests.find((request) => request.service === service)?.listenPort;
}
