import { afterAll, beforeAll, expect, it } from "vitest";
import { objectText } from "../../../cnf-samples/dn/rules.ts";
import { minifyJson } from "../../../cnf-samples/optimiser/minify-json.ts";
import type { ServiceFunctionPath } from "../../../core/model/chain.ts";
import { upstreamsAnnotation } from "../../../core/model/mesh-snapshot.ts";
import { podKey } from "../../../core/model/pod.ts";
import { messageOf } from "../../../core/model/weft-error.ts";
import { parseUpstreams } from "../../../mesh-control/parse-upstreams.ts";
import { coreApi, removePodsAndNodes } from "../cluster-client.ts";
import type { Component } from "../component.ts";
import { describeWithControlPlane } from "../describe-with-control-plane.ts";
import { kubectl } from "../install-crds.ts";
import { startControllerManager } from "../kube-controller-manager.ts";
import { startScheduler } from "../kube-scheduler.ts";
import { startRealChainController } from "./chain-controller.ts";
import { type DeploymentSpec, exampleDeployment, exampleObject, type Manifest } from "./example-objects.ts";
import { type MeshCluster, openMeshCluster } from "./mesh-cluster.ts";

const chain = exampleObject<{ readonly functions: readonly string[] }>("ServiceFunctionChain", "n6");
const { functions } = chain.spec;
const objectBytes = 20_000;
const optimisedText = minifyJson(Buffer.from(objectText(objectBytes)))?.toString();
/** The UPF's listener for the data network. */
const n6Port = listenPort(exampleObject<DeploymentSpec>("Deployment", "upf"), "dn");

/** The test takes the place of the UPF's own N6 connections: it dials the UPF's proxy as the UPF does. */
describeWithControlPlane("the chain of examples/5g-core on Kubernetes", (connection) => {
  let cluster: MeshCluster;
  let stopController: (() => Promise<void>) | undefined;
  const components: Component[] = [];

  beforeAll(async () => {
    await removePodsAndNodes(coreApi(connection));
    cluster = await openMeshCluster(connection, ["a", "b"]);
    components.push(...(await Promise.all([startControllerManager(connection), startScheduler(connection)])));
    await cluster.addNodes("a", "b");
    await cluster.apply(exampleDeployment("upf"), exampleDeployment("dn"), exampleObject("Service", "dn"));
    await cluster.apply(...functions.map((name) => exampleDeployment(name, { replicas: 2 })));
    await cluster.apply(...functions.map((name) => exampleObject("ServiceFunction", name)));
    await Promise.all(["upf", "dn"].map((name) => cluster.readyPods(name, 1)));
    await Promise.all(functions.map((name) => cluster.readyPods(name, 2)));
    stopController = await startRealChainController(cluster);
  });

  afterAll(async () => {
    for (const component of components) await component.stop();
    await stopController?.();
    await cluster?.close();
  });

  it("is not there at first: bytes go straight to the data network", async () => {
    const isStraight = async () => (await getObject().catch(messageOf)) === objectText(objectBytes);
    // A pod is ready before every proxy has heard of it.
    await cluster.until("bytes go straight", isStraight);
    expect(await hopBytes("firewall", 'weft_hop="3"')).toBe(0);
  });

  it("is accepted, rendered onto instances and programmed", async () => {
    await cluster.apply(chain);
    await kubectlHere("wait", "--for=condition=Programmed", "--timeout=40s", "sfc/n6");
    const { status } = await chainObject("n6");
    const types = status.conditions.flatMap(({ type, status }) => (status === "True" ? type : []));
    expect(types).toEqual(["Accepted", "Programmed", "WithinLatencyBudget"]);
    const path = activePath();
    expect(status.spi).toBe(path.spi);
    expect(path.hops.map((hop) => hop.function)).toEqual([...functions, undefined]);
    expect(path.hops.map((hop) => hop.serviceIndex)).toEqual([3, 2, 1, 0]);
    // Cheaper ways may cost 1 % of utilisation.
    const { maxUtilisation, lowerBound } = path.prediction;
    expect(maxUtilisation / lowerBound).toBeLessThan(1.02);
    expect(maxUtilisation / lowerBound).toBeGreaterThanOrEqual(1);
  });

  it("shows in the columns that kubectl prints", async () => {
    const { spi } = activePath();
    expect(await columnsOf("sfc/n6")).toMatchObject({ NAME: "n6", SPI: String(spi) });
    expect(await columnsOf("sfp")).toMatchObject({ CHAIN: "n6", SPI: String(spi), ACTIVE: "true" });
  });

  it("carries HTTP through every function, and each hop is metered", async () => {
    await cluster.until("answers come through the optimiser", async () => (await getObject()) === optimisedText);
    const spi = `weft_spi="${activePath().spi}"`;
    for (const [index, name] of functions.entries()) {
      const hop = `weft_hop="${functions.length - index}"`;
      expect(await hopBytes(name, 'weft_chain="n6"', spi, hop), name).toBeGreaterThan(0);
    }
    expect(await hopBytes("dn", 'weft_chain="n6"', spi, 'weft_hop="0"')).toBeGreaterThan(0);
  });

  it("moves to a new path when an instance is added, and no request fails", async () => {
    const before = activePath();
    const outcomes: Promise<string>[] = [];
    const timer = setInterval(() => outcomes.push(getObject().catch(messageOf)), 20);
    try {
      await cluster.scale("dpi", 3);
      await cluster.until("another path is active", () =>
        paths().find((one) => one.isActive && one.spi !== before.spi),
      );
      await cluster.until("the old path is gone", () => paths().every(({ spi }) => spi !== before.spi));
    } finally {
      clearInterval(timer);
    }
    const answers = await Promise.all(outcomes);
    expect(answers.length).toBeGreaterThan(10);
    expect(new Set(answers)).toEqual(new Set([optimisedText]));
    const used = activePath().hops.flatMap(({ function: name, weights }) => (name === "dpi" ? weights : []));
    expect(new Set(used.map(({ to }) => to)).size).toBe(3);
  });

  it("is refused when it names a function that is missing, and says which", async () => {
    const spec = { ...chain.spec, functions: ["firewall", "absent"] };
    await cluster.apply({ ...chain, metadata: { name: "broken" }, spec });
    await kubectlHere("wait", "--for=condition=Accepted=False", "--timeout=40s", "sfc/broken");
    const { status } = await chainObject("broken");
    const accepted = status.conditions.find(({ type }) => type === "Accepted");
    expect(accepted?.message).toContain("absent");
    expect(paths().filter(({ chain }) => chain === "broken")).toEqual([]);
  });

  it("takes its paths along when it is deleted, without its controller", async () => {
    await stopController?.();
    stopController = undefined;
    expect(paths().length).toBeGreaterThan(0);
    await kubectlHere("delete", "sfc/n6");
    await cluster.until("the garbage collector has removed the paths", () => paths().length === 0);
    await cluster.until("bytes go straight again", async () => (await getObject()).length === objectBytes);
  });

  /** On a connection of its own, as a session's stream is: an open one would stay where it is. @throws Error when the answer is not 200 */
  async function getObject(): Promise<string> {
    const [upf] = cluster.view.pods.list().filter(({ labels }) => labels.app === "upf");
    const url = `http://${upf?.address}:${n6Port}/objects/${objectBytes}`;
    const response = await fetch(url, { headers: { connection: "close" } });
    const text = await response.text();
    if (response.status !== 200) throw new Error(`${response.status} ${text}`);
    return text;
  }

  /** What the proxies of a Deployment's pods metered as destinations under these labels. */
  async function hopBytes(deployment: string, ...hop: readonly string[]): Promise<number> {
    const labels = ['reporter="destination"', ...hop];
    const pods = cluster.view.pods.list().filter(({ workload }) => workload.name === deployment);
    const texts = await Promise.all(pods.map((pod) => cluster.kubelet.runningPod(podKey(pod))?.proxy.metrics()));
    const lines = texts.flatMap((text = "") => text.split("\n"));
    return lines
      .filter((line) => line.startsWith("istio_tcp_received_bytes_total{"))
      .filter((line) => labels.every((label) => line.includes(label)))
      .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" "))), 0);
  }

  function paths(): readonly ServiceFunctionPath[] {
    return cluster.view.serviceFunctionPaths.list().filter(({ namespace }) => namespace === cluster.namespace);
  }

  function activePath(): ServiceFunctionPath {
    const active = paths().find(({ isActive }) => isActive);
    if (active === undefined) throw new Error("no path is active");
    return active;
  }

  function kubectlHere(...args: readonly string[]): Promise<string> {
    return kubectl(connection, ["-n", cluster.namespace, ...args]);
  }

  async function chainObject(name: string): Promise<ChainObject> {
    return JSON.parse(await kubectlHere("get", `sfc/${name}`, "-o", "json")) as ChainObject;
  }

  /** The first row that kubectl prints, by column. */
  async function columnsOf(what: string): Promise<Readonly<Record<string, string>>> {
    const [header = "", row = ""] = (await kubectlHere("get", what)).split("\n");
    const starts = [...header.matchAll(/\S+/g)].map(({ index, 0: name }) => ({ index, name }));
    return Object.fromEntries(
      starts.map(({ index, name }, at) => [name, row.slice(index, starts[at + 1]?.index).trim()]),
    );
  }
});

function listenPort({ spec }: Manifest<DeploymentSpec>, service: string): number | undefined {
  const annotation = spec.template.metadata.annotations?.[upstreamsAnnotation] ?? "";
  return parseUpstreams(annotation, "default").requests.find((request) => request.service === service)?.listenPort;
}

interface ChainObject {
  readonly status: {
    readonly spi?: number;
    readonly conditions: readonly { readonly type: string; readonly status: string; readonly message: string }[];
  };
}
