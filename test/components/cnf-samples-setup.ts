/** Starts a 5G core of samples on loopback addresses of its own and drives load through it. */
import { randomBytes } from "node:crypto";
import { connect, createServer, type Server, type Socket } from "node:net";
import { type SampleName, sampleCatalogue } from "../../cnf-samples/catalogue.ts";
import { endpointOf } from "../../cnf-samples/config-fields.ts";
import type { RunningSample } from "../../cnf-samples/sample.ts";
import { waitUntil } from "../tools/wait-until.ts";

export interface GnbFigures {
  readonly procedures: Readonly<Record<string, unknown>>;
  readonly [counter: string]: unknown;
}

export interface TestCore {
  /** Address of a function with one replica. */
  readonly host: (name: SampleName) => string;
  startGnb(config: Readonly<Record<string, unknown>>): Promise<RunningSample>;
  /** Runs a load to its end and gives its statistics. */
  drive(config: Readonly<Record<string, unknown>>): Promise<GnbFigures>;
  /** Statistics of the first replica. */
  statistics(name: SampleName): Readonly<Record<string, unknown>>;
  stopFunction(name: SampleName): Promise<void>;
  /** Starts the function anew where it was. */
  restartFunction(name: "upf"): Promise<void>;
  untilRegistered(): Promise<void>;
  until(what: string, condition: () => boolean): Promise<void>;
  stop(): Promise<void>;
}

export interface CoreOptions {
  readonly replicas?: Readonly<Partial<Record<SampleName, number>>>;
}

export const testDeps = {
  nowMs: () => performance.timeOrigin + performance.now(),
  randomBytes,
  log: { debug: ignore, info: ignore, warn: ignore, error: ignore },
};

/** In the order in which they need each other; each with what it calls. */
const functions: readonly (readonly [name: SampleName, upstreams: readonly string[]])[] = [
  ["nrf", []],
  ["udr", ["nrf"]],
  ["udm", ["nrf", "udr"]],
  ["ausf", ["nrf", "udm"]],
  ["pcf", ["nrf", "udr"]],
  ["dn", []],
  ["upf", []],
  ["smf", ["nrf", "udm", "pcf"]],
  ["amf", ["nrf", "ausf", "udm", "pcf", "smf"]],
];

/** A quarter of 127.0.0.0/8 in blocks of 256 addresses: processes of one test run do not meet. */
let block = process.pid % 4096;

export async function startTestCore({ replicas = {} }: CoreOptions = {}): Promise<TestCore> {
  block = (block + 1) % 8192;
  const prefix = `127.${128 + (block >> 8)}.${block & 0xff}`;
  const running = new Map<string, RunningSample[]>();
  const urls = new Map<string, string>();
  const forks: RoundRobin[] = [];
  let nextHost = 1;
  const newHost = () => `${prefix}.${nextHost++}`;
  for (const [name, upstreams] of functions) {
    const started: RunningSample[] = [];
    for (let replica = 0; replica < (replicas[name] ?? 1); replica++) {
      const host = newHost();
      started.push(await sampleCatalogue[name].start({ host, ...settingsOf(name, upstreams, urls) }, testDeps));
      if (name === "upf") urls.set("upf", host);
    }
    running.set(name, started);
    const addresses = started.map(({ addresses: { n2, sbi, http } }) => n2 ?? sbi ?? http ?? "");
    if (addresses.length > 1) forks.push(await startRoundRobin(newHost(), addresses));
    if (name !== "upf") urls.set(name, `http://${addresses.length > 1 ? forks.at(-1)?.address : addresses[0]}`);
  }
  const gnbs: RunningSample[] = [];
  const startGnb = async (config: Readonly<Record<string, unknown>>) => {
    const host = newHost();
    const gnb = await sampleCatalogue.gnb.start(
      { host, upstreams: { amf: urls.get("amf") }, firstMsin: 0, ...config },
      testDeps,
    );
    gnbs.push(gnb);
    return gnb;
  };
  const statistics = (name: SampleName) => running.get(name)?.[0]?.statistics() ?? {};
  const stopFunction = async (name: SampleName) => {
    for (const sample of running.get(name) ?? []) await sample.stop();
    running.delete(name);
  };
  return {
    host: (name) => (name === "upf" ? (urls.get(name) ?? "") : endpointOf(urls.get(name) ?? "").host),
    startGnb,
    drive: async (config) => {
      const gnb = await startGnb(config);
      await gnb.finished;
      return gnb.statistics() as GnbFigures;
    },
    statistics,
    stopFunction,
    restartFunction: async (name) => {
      await stopFunction(name);
      const config = { host: urls.get(name), ...settingsOf(name, [], urls) };
      running.set(name, [await sampleCatalogue[name].start(config, testDeps)]);
    },
    untilRegistered: () =>
      wait("all functions registered", () => Object.keys(statistics("nrf").instances as object).length === 6),
    until: wait,
    stop: async () => {
      for (const gnb of gnbs) await gnb.stop();
      for (const [name] of [...functions].reverse()) await stopFunction(name);
      for (const fork of forks) await fork.stop();
    },
  };
}

function settingsOf(name: SampleName, upstreams: readonly string[], urls: ReadonlyMap<string, string>): object {
  if (name === "nrf" || name === "dn") return {};
  if (name === "upf") return { upstreams: { n6: urls.get("dn") } };
  const known = Object.fromEntries(upstreams.map((upstream) => [upstream, urls.get(upstream)]));
  // One request a connection: with replicas, every request then finds another one.
  const fine = { upstreams: known, requestsPerConnectionMax: 3, requestTimeoutMs: 2000 };
  return name === "smf" ? { ...fine, upfAddress: urls.get("upf") } : fine;
}

interface RoundRobin {
  readonly address: string;
  stop(): Promise<void>;
}

/** Stands in for the mesh: each connection goes to the next replica. */
async function startRoundRobin(host: string, addresses: readonly string[]): Promise<RoundRobin> {
  const open = new Set<Socket>();
  let turn = 0;
  const server: Server = createServer((inbound) => {
    const outbound = connect(endpointOf(`tcp://${addresses[turn++ % addresses.length]}`));
    for (const [from, to] of [
      [inbound, outbound],
      [outbound, inbound],
    ] as const) {
      open.add(from);
      from.on("error", () => to.destroy());
      from.once("close", () => {
        open.delete(from);
        to.destroy();
      });
      from.pipe(to);
    }
  });
  await new Promise<void>((resolve) => server.listen({ host, port: 8000 }, resolve));
  return {
    address: `${host}:8000`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of open) socket.destroy();
      }),
  };
}

function ignore(): void {}

async function wait(what: string, condition: () => boolean): Promise<void> {
  await waitUntil(condition, { what, timeoutMs: 20_000, pollMs: 10 });
}
