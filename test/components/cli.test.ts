import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, test } from "vitest";

const folder = mkdtempSync(path.join(tmpdir(), "weft-cli-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Names an API server that nobody runs. */
const kubeconfig = path.join(folder, "kubeconfig");
writeFileSync(
  kubeconfig,
  JSON.stringify({
    clusters: [{ name: "none", cluster: { server: "https://127.0.0.1:1" } }],
    users: [{ name: "none", user: {} }],
    contexts: [{ name: "none", context: { cluster: "none", user: "none" } }],
    "current-context": "none",
  }),
);

const network = path.join(folder, "network.json");
/** A network of one chain, which has an answer. */
const pair = (demand: number) =>
  JSON.stringify({
    name: "pair",
    routing: "ecmp",
    nodes: ["a", "b"],
    links: [{ from: "a", to: "b", capacity: 10, latencyMs: 0.1 }],
    functions: { dpi: [{ name: "dpi-0", node: "b", capacity: 5 }] },
    chains: [{ name: "c", source: "a", destination: "b", functions: ["dpi"], demand, scaling: [0.5] }],
  });
writeFileSync(network, pair(1));

/** All of it is zeros but for the file system, which stores none of them. */
const huge = path.join(folder, "huge.json");
writeFileSync(huge, "");
truncateSync(huge, 100 * 1024 * 1024);

function weft(...args: readonly string[]) {
  const options = { encoding: "utf8", timeout: 20_000 } as const;
  const { status, stdout, stderr } = spawnSync(process.execPath, ["cli/weft.ts", ...args], options);
  return { status, stdout, stderr };
}

test("--help lists every command with what it does", () => {
  const { status, stdout } = weft("--help");
  expect(status).toBe(0);
  for (const command of [
    "lab",
    "intercept",
    "scheduler",
    "explain",
    "sfc",
    "control",
    "proxy",
    "split",
    "sites",
    "plan",
    "sample",
  ])
    expect(stdout).toMatch(new RegExp(`^  ${command} .*\\w`, "m"));
});

const refused = [
  { name: "an unknown command", args: ["schedular"], status: 64, message: /unknown command 'schedular'/ },
  { name: "an unknown option", args: ["proxy", "--prot", "1"], status: 64, message: /unknown option '--prot'/ },
  { name: "an unknown key", args: ["control", "--set", "prot=1"], status: 64, message: /"prot"/ },
  { name: "a value out of range", args: ["scheduler", "--set", "port=70000"], status: 64, message: /port: .*65535/ },
  { name: "a missing key", args: ["proxy"], status: 64, message: /namespace: / },
  { name: "a user by name", args: ["intercept", "--proxy-uid", "me"], status: 64, message: /"me" is no numeric id/ },
  {
    name: "nothing to redirect",
    args: ["intercept", "--no-outbound", "--no-inbound"],
    status: 64,
    message: /leave nothing to redirect/,
  },
  { name: "an unknown sample", args: ["sample", "mme"], status: 64, message: /mme/ },
  { name: "a kubeconfig that is not there", args: ["sfc", "--kubeconfig", "/none"], status: 64, message: /\/none/ },
  {
    name: "a scheduler's URL that is none",
    args: ["explain", "pod", "amf-0", "--scheduler-url", "nowhere"],
    status: 64,
    message: /--scheduler-url: "nowhere"/,
  },
  {
    name: "a scheduler that does not answer",
    args: ["explain", "pod", "amf-0", "--scheduler-url", "http://127.0.0.1:1"],
    status: 69,
    message: /http:\/\/127\.0\.0\.1:1 does not answer/,
  },
  {
    name: "a network that is not there",
    args: ["split", "--network", "/none", "--out", "/none"],
    status: 64,
    message: /\/none/,
  },
  {
    name: "a file of sites that is not there",
    args: ["sites", "--sites", "/none"],
    status: 64,
    message: /\/none/,
  },
  {
    name: "a split with nowhere to write it",
    args: ["split", "--network", network, "--out", "/none/answer.json"],
    status: 64,
    message: /--out: .*\/none\/answer\.json/,
  },
  {
    name: "a plan with nowhere to write it",
    args: ["plan", "--scenario", "test/data/social-network-9x4.json", "--seconds", "0.01", "--out", "/none/plan.json"],
    status: 64,
    message: /--out: .*\/none\/plan\.json/,
  },
  {
    name: "a Prometheus whose URL is none",
    args: ["scheduler", "--kubeconfig", kubeconfig, "--prometheus", "nowhere", "--log-level", "error"],
    status: 64,
    message: /"nowhere" is no URL of a Prometheus/,
  },
  {
    name: "a scenario that is not there",
    args: ["plan", "--scenario", "/none", "--json"],
    status: 64,
    message: /\/none/,
  },
  {
    name: "a scenario of 100 MB",
    args: ["plan", "--scenario", huge, "--json"],
    status: 64,
    message: /huge\.json: 104857600 bytes, more than 67108864/,
  },
  {
    name: "costs that the scenario has not",
    args: ["plan", "--scenario", "test/data/social-network-9x4.json", "--json", "--costs", "rush"],
    status: 64,
    message: /--costs: .* rush; there are: localities, light, mid, heavy/,
  },
  {
    name: "a plan without a place to go",
    args: ["plan", "--scenario", "test/data/social-network-9x4.json"],
    status: 64,
    message: /--out <file>, --json or both/,
  },
  {
    name: "a plan of nothing",
    args: ["plan", "--json"],
    status: 64,
    message: /either --scenario <file> or --from-cluster/,
  },
  {
    name: "a plan of a file and of a cluster",
    args: ["plan", "--json", "--scenario", "/none", "--from-cluster"],
    status: 64,
    message: /either --scenario <file> or --from-cluster/,
  },
  {
    name: "an option of clusters beside a file",
    args: ["plan", "--json", "--scenario", "/none", "--dump", "/none"],
    status: 64,
    message: /--dump goes with --from-cluster only/,
  },
  {
    name: "a table of delays of a cluster",
    args: ["plan", "--from-cluster", "--json", "--costs", "light"],
    status: 64,
    message: /--costs of a cluster are 'localities'/,
  },
  {
    name: "a plan of a cluster without a place to go",
    args: ["plan", "--from-cluster"],
    status: 64,
    message: /--out <file>, --json or --dump <file>/,
  },
  {
    name: "a Prometheus that is not to be read",
    args: ["plan", "--from-cluster", "--json", "--observe", "0", "--prometheus", "http://127.0.0.1:1"],
    status: 64,
    message: /--prometheus measures nothing with --observe 0/,
  },
  {
    name: "a plan of a cluster that does not answer",
    args: ["plan", "--from-cluster", "--json", "--observe", "0", "--kubeconfig", kubeconfig],
    status: 69,
    message: /api\/v1/,
  },
  {
    name: "a number that is none",
    args: ["plan", "--scenario", "/none", "--json", "--seconds", "soon"],
    status: 64,
    message: /must be a number/,
  },
];

test.each(refused)("$name ends with exit code $status and says why", ({ args, status, message }) => {
  const result = weft(...args);
  expect(result.stderr).toMatch(message);
  expect(result.status).toBe(status);
});

test("intercept without nft says which program is missing, and changes nothing", () => {
  const options = { encoding: "utf8", timeout: 20_000, env: { PATH: folder } } as const;
  const { status, stderr } = spawnSync(process.execPath, ["cli/weft.ts", "intercept", "--remove"], options);
  expect([status, stderr]).toEqual([
    64,
    "weft: the rules cannot be set: there is no program nft on PATH (package nftables)\n",
  ]);
});

test("intercept --dry-run prints rules, and needs neither nft nor rights", () => {
  const options = { encoding: "utf8", timeout: 20_000, env: { PATH: folder } } as const;
  const { status, stdout } = spawnSync(process.execPath, ["cli/weft.ts", "intercept", "--dry-run"], options);
  expect(status).toBe(0);
  expect(stdout).toContain("meta skuid { 15008 } return");
});

test("a split of no traffic is as good as can be", () => {
  const idle = path.join(folder, "idle.json");
  writeFileSync(idle, pair(0));
  const { status, stdout } = weft("split", "--network", idle, "--out", path.join(folder, "answer.json"));
  expect(stdout).toContain("optimum at least 0.0000 (gap 0.00 %)");
  expect(status).toBe(0);
});

test("sites that are shared are told with what stays", () => {
  const file = path.join(folder, "sites.json");
  const sites = [
    { name: "a", capacity: 88, load: 200 },
    { name: "b", capacity: 88, load: 33 },
  ];
  writeFileSync(file, JSON.stringify({ oneWayMsMax: 5, sites, delays: [{ a: "a", b: "b", oneWayMs: 2 }] }));
  const { status, stdout } = weft("sites", "--sites", file);
  expect(stdout).toBe(
    "55 of 112 carried over 2 ms on average, which is proved the least; 57 find no room near enough (a)\n  a > b: 55\n",
  );
  expect(status).toBe(0);
});

test.each(["scheduler", "control", "sfc"])(
  "%s ends when its port is taken, although it has begun to watch",
  async (name) => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const address = ["--set", "host=127.0.0.1", "--set", `port=${port}`];
    const { status, stderr } = weft(name, "--kubeconfig", kubeconfig, ...address, "--log-level", "error");
    server.close();
    expect(stderr).toMatch(/cannot listen on .*EADDRINUSE/);
    expect(status).toBe(64);
  },
);

test("an installed package runs, although Node strips no types below node_modules", () => {
  const modules = path.join(folder, "node_modules");
  const installed = path.join(modules, "weft");
  mkdirSync(installed, { recursive: true });
  for (const part of ["cli", "core", "lab", "mesh-proxy", "platform", "package.json"])
    cpSync(part, path.join(installed, part), { recursive: true });
  for (const name of readdirSync("node_modules").filter((entry) => !entry.startsWith(".")))
    symlinkSync(path.resolve("node_modules", name), path.join(modules, name));
  // As npm's bin link starts it, and under whatever Node the machine has.
  const { status, stdout, stderr } = spawnSync(path.join(installed, "cli/weft.js"), ["proxy", "--help"], {
    encoding: "utf8",
  });
  expect(stderr).toBe("");
  expect(stdout).toMatch(/^Usage: weft proxy/);
  expect(status).toBe(0);
});
