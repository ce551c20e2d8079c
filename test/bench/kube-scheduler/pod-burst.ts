/** Creates pods as fast as the API server takes them, and sees by a watch when each is bound. */
import type { V1Pod } from "@kubernetes/client-node";
import { createLineSplitter } from "../../../platform/kubernetes/line-splitter.ts";
import type { BenchCluster } from "./bench-cluster.ts";

export interface BurstOptions {
  /** Creations under way at one time. */
  readonly concurrency: number;
  readonly timeoutMs: number;
  /** Called when all are created. */
  readonly onCreated?: () => Promise<void>;
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
  const bindings = await watchBindings(cluster, pods);
  try {
    const startMs = performance.now();
    const deadline = AbortSignal.timeout(options.timeoutMs);
    const late = new Promise<never>((_, reject) => deadline.addEventListener("abort", () => reject(tooLate())));
    const tooLate = () =>
      new Error(`${bindings.nodeByPod.size} of ${pods.length} pods are bound after ${options.timeoutMs} ms`);
    const create = async () => {
      await createAll(cluster, pods, options.concurrency);
      const endMs = performance.now();
      await options.onCreated?.();
      return endMs - startMs;
    };
    const [creatingMs] = await Promise.race([Promise.all([create(), bindings.complete]), late]);
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
  /** Resolves with the last binding. */
  readonly complete: Promise<void>;
  stop(): void;
}

type PodStream = Extract<Awaited<ReturnType<BenchCluster["client"]["stream"]>>, { readonly kind: "open" }>;

/**
 * The watch's selector makes every binding one event. It begins with whatever the API server's cache has, which may be of the burst
 * before: other pods do not count. A watch that the server ends is opened again.
 */
async function watchBindings({ client }: BenchCluster, pods: readonly V1Pod[]): Promise<Bindings> {
  const awaited = new Set(pods.map(keyOf));
  const [atMs, nodeByPod] = [[] as number[], new Map<string, string>()];
  let isStopped = false;
  let stream = await open();

  async function open(): Promise<PodStream> {
    const query = { watch: "true", resourceVersion: "0", fieldSelector: "spec.nodeName!=" };
    const opened = await client.stream({ path: "/api/v1/pods", query });
    if (opened.kind === "refused") throw new Error(`the watch was refused: ${opened.answer.statusCode}`);
    return opened;
  }

  async function readAll(): Promise<void> {
    while (awaited.size > 0 && !isStopped) {
      await read(stream.bytes);
      if (awaited.size > 0 && !isStopped) stream = await open();
    }
  }

  async function read(bytes: AsyncIterable<Buffer>): Promise<void> {
    const splitter = createLineSplitter(LINE_BYTES_MAX);
    for await (const chunk of bytes)
      for (const line of splitter.push(chunk)) {
        const { type, object } = JSON.parse(line) as { readonly type: string; readonly object: V1Pod };
        if (type === "ERROR") throw new Error(`the watch of bindings: ${JSON.stringify(object)}`);
        const key = keyOf(object);
        if (type !== "ADDED" || !awaited.delete(key)) continue;
        atMs.push(performance.now());
        nodeByPod.set(key, object.spec?.nodeName ?? "");
        if (awaited.size === 0) return;
      }
  }

  const complete = readAll();
  // Where creating fails first, nobody waits for it any more.
  complete.catch(() => {});
  const stop = () => {
    isStopped = true;
    stream.close();
  };
  return { atMs, nodeByPod, complete, stop };
}

function keyOf({ metadata }: V1Pod): string {
  return `${metadata?.namespace}/${metadata?.name}`;
}
