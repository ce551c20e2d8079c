/** Proxies that do the same work, measured in turns: CPU per request and latency at a fixed rate. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import path from "node:path";
import type { ManagedProcess } from "../../tools/managed-process.ts";
import { waitUntil } from "../../tools/wait-until.ts";
import { cpuTimeMs, kernelWorkersTimeMs } from "./cpu-time.ts";
import type { LoadResult, LoadRun } from "./load.ts";
import type { BenchProtocol } from "./messages.ts";

export interface Contender {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  /** All whose CPU time counts. */
  readonly processes: readonly ManagedProcess[];
}

export interface Turns {
  readonly protocol: BenchProtocol;
  readonly rounds: number;
  readonly warmUp: LoadRun;
  readonly run: LoadRun;
  /** The kernel's workers count, too: a contender may leave work to them. */
  readonly countsWorkers?: boolean;
}

/** Of load before the first round, until what is going to be compiled is: of HTTP/2 that takes the longest. */
export const warmUpSeconds = 12;

export const figures = ["cpuUs", "p50Us", "p99Us"] as const;
/** Of one round. CPU is per request, of all the contender's processes. */
export type Measured = Readonly<Record<(typeof figures)[number], number>>;

/** By contender, in their order: medians over the rounds. */
export async function measureInTurns(contenders: readonly Contender[], turns: Turns): Promise<readonly Measured[]> {
  const loads: ChildProcess[] = [];
  try {
    for (const contender of contenders) {
      await waitForListener(contender);
      loads.push(await startHelper("load", turns.protocol, contender.host, contender.port));
    }
    for (const load of loads) await ask<LoadRun, LoadResult>(load, turns.warmUp);
    const measured: Measured[][] = contenders.map(() => []);
    for (let round = 0; round < turns.rounds; round++) {
      for (const index of orderIn(round, contenders.length)) {
        const [contender, load] = [contenders[index], loads[index]];
        if (contender === undefined || load === undefined) continue;
        const cpuMs = () => cpuOf(contender) + (turns.countsWorkers === true ? kernelWorkersTimeMs() : 0);
        const beforeMs = cpuMs();
        const { requestCount, p50Us, p99Us } = await ask<LoadRun, LoadResult>(load, turns.run);
        measured[index]?.push({ cpuUs: ((cpuMs() - beforeMs) * 1000) / requestCount, p50Us, p99Us });
      }
    }
    return measured.map(medians);
  } finally {
    for (const load of loads) load.disconnect();
  }
}

/** Another program of this folder; its first message says that it is ready. */
export async function startHelper(
  name: "origin" | "load" | "bulk-origin" | "bulk-load",
  ...args: readonly (string | number)[]
): Promise<ChildProcess> {
  const helper = fork(path.join(import.meta.dirname, `${name}.ts`), args.map(String));
  await once(helper, "message");
  return helper;
}

/** Whoever goes first may find the machine in another state: they take turns at that too. */
export function orderIn(round: number, count: number): readonly number[] {
  return Array.from({ length: count }, (_, at) => (round + at) % count);
}

export function cpuOf({ processes }: Contender): number {
  return processes.reduce((sum, { pid }) => sum + cpuTimeMs(pid), 0);
}

function medians(rounds: readonly Measured[]): Measured {
  const of = (figure: keyof Measured) => median(rounds.map((one) => one[figure]));
  return { cpuUs: of("cpuUs"), p50Us: of("p50Us"), p99Us: of("p99Us") };
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** One run of a load generator. */
export async function ask<Run extends object, Result>(load: ChildProcess, what: Run): Promise<Result> {
  const done = new AbortController();
  const { signal } = done;
  load.send(what);
  try {
    const [result] = await Promise.race([
      once(load, "message", { signal }),
      once(load, "exit", { signal }).then(() => {
        throw new Error("the load generator gave up");
      }),
    ]);
    return result as Result;
  } finally {
    done.abort();
  }
}

export async function waitForListener({ name, host, port, processes }: Contender): Promise<void> {
  const check = () =>
    new Promise<boolean>((resolve) => {
      const socket = connect({ host, port }, () => resolve(true));
      socket.on("error", () => resolve(false));
      socket.on("connect", () => socket.destroy());
    });
  const giveUp = () => processes.map((one) => one.ended()).find((reason) => reason !== undefined);
  await waitUntil(check, { what: `${name} listens on ${host}:${port}`, timeoutMs: 20_000, giveUp });
}
