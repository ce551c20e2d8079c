/** Creates pods as fast as the API server takes them, and sees by a watch when each is bound. */
import type { V1Pod } from "@kubernetes/client-node";
import { bodyOf } from "../../../platform/kubernetes/api-failure.ts";
import { createLineSplitter } from "../../../platform/kubernetes/line-splitter.ts";
import type { BenchCluster } from "./bench-cluster.ts";

export interface BurstOptions {
  /** Creations under way at one time. */
  readonly concurrency: number;
  readonly timeoutMs: number;
}

export interface BurstResult {
  readonly podCount: number;
  /** From the first creation's begin to the last creation's answer. */
  readonly creatingMs: number;
  /** From the first creation's begin to the news of each binding, in their order. */
  readonly boundMs: readonly number[];
  /** By `namespace/name`. */
  readonly nodeByPod: ReadonlyMap<string, string>;
}

const LINE_BYTES_MAX = 4 * 2 ** 20;

/** @throws Error when some pod is not bound in time, or cannot be created */
export async function runBurst(
  cluster: BenchCluster,
  pods: readonly V1Pod[],
  options: BurstOptions,
): Promise<BurstResult> {
  const bindings = await watchBindings(cluster, pods.length);
  try {
    const startMs = performance.now();
    const deadline = AbortSignal.timeout(options.timeoutMs);
    const late = new Promise<never>((_, reject) => deadline.addEventListener("abort", () => reject(tooLate())));
    const tooLate = () =>
      new Error(`${bindings.nodeByPod.size} of ${pods.length} pods are bound after ${options.timeoutMs} ms`);
    const creating = createAll(cluster, pods, options.concurrency).then(() => performance.now() - startMs);
    const [creatingMs] = await Promise.race([Promise.all([creating, bindings.complete]), late]);
    const boundMs = bindings.atMs.map((atMs) => atMs - startMs);
    return { podCount: pods.length, creatingMs, boundMs, nodeByPod: bindings.nodeByPod };
  } finally {
    bindings.stop();
  }
}

async function createAll(cluster: BenchCluster, pods: readonly V1Pod[], concurrency: number): Promise<void> {
  let next = 0;
  async function work(): Promise<void> {
    for (let pod = pods[next++]; pod !== undefined; pod = pods[next++])
      await cluster.create(`/api/v1/namespaces/${pod.metadata?.namespace}/pods`, pod);
  }
  await Promise.all(Array.from({ length: concurrency }, work));
}

interface Bindings {
  readonly atMs: readonly number[];
  readonly nodeByPod: ReadonlyMap<string, string>;
  /** Resolves with the last binding, rejects when the watch ends before. */
  readonly complete: Promise<void>;
  stop(): void;
}

/** Of pods that are not bound yet: the watch's selector makes every binding one event. */
async function watchBindings({ client }: BenchCluster, podCount: number): Promise<Bindings> {
  const list = bodyOf("list pods", await client.request({ path: "/api/v1/pods", query: { limit: 1 } }));
  const { resourceVersion } = (list as { readonly metadata: { readonly resourceVersion: string } }).metadata;
  const query = { watch: "true", resourceVersion, fieldSelector: "spec.nodeName!=" };
  const stream = await client.stream({ path: "/api/v1/pods", query });
  if (stream.kind === "refused") throw new Error(`the watch was refused: ${stream.answer.statusCode}`);
  const [atMs, nodeByPod] = [[] as number[], new Map<string, string>()];

  async function read(bytes: AsyncIterable<Buffer>): Promise<void> {
    const splitter = createLineSplitter(LINE_BYTES_MAX);
    for await (const chunk of bytes)
      for (const line of splitter.push(chunk)) {
        const { type, object } = JSON.parse(line) as { readonly type: string; readonly object: V1Pod };
        const key = `${object.metadata?.namespace}/${object.metadata?.name}`;
        if (type !== "ADDED" || nodeByPod.has(key)) continue;
        atMs.push(performance.now());
        nodeByPod.set(key, object.spec?.nodeName ?? "");
        if (nodeByPod.size === podCount) return;
      }
    throw new Error("the watch of bindings ended early");
  }

  const complete = read(stream.bytes);
  // Where creating fails first, nobody waits for it any more.
  complete.catch(() => {});
  return { atMs, nodeByPod, complete, stop: () => stream.close() };
}
