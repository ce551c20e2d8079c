/** Holds ARCHITECTURE.md's table of rows: who may import whom, which package is allowed where, what pure code may touch. */
import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";

interface Row {
  readonly row: number;
  readonly folder: string;
  readonly packages: readonly string[] | "any";
}

const rows: readonly Row[] = [
  { row: 0, folder: "core/model", packages: [] },
  { row: 1, folder: "core/stats", packages: [] },
  { row: 1, folder: "core/ports", packages: [] },
  { row: 2, folder: "core/graph", packages: ["@dagrejs/graphlib"] },
  { row: 3, folder: "scheduler/plugins", packages: [] },
  { row: 3, folder: "scheduler/placement", packages: [] },
  { row: 3, folder: "sfc/solver/exact", packages: ["javascript-lp-solver", "highs"] },
  { row: 3, folder: "sfc/solver", packages: [] },
  { row: 3, folder: "mesh-proxy/codec", packages: [] },
  { row: 3, folder: "mesh-proxy/balance", packages: [] },
  { row: 3, folder: "mesh-proxy/route", packages: [] },
  { row: 3, folder: "mesh-control/sites", packages: [] },
  { row: 4, folder: "platform/kubernetes", packages: ["@kubernetes/client-node"] },
  { row: 4, folder: "platform/memory", packages: [] },
  { row: 4, folder: "platform/schema", packages: ["zod"] },
  { row: 4, folder: "platform/yaml", packages: ["yaml"] },
  { row: 4, folder: "platform/http", packages: ["fastify"] },
  { row: 4, folder: "platform/prometheus", packages: ["prom-client"] },
  { row: 4, folder: "platform/log", packages: ["pino"] },
  { row: 4, folder: "platform/clock", packages: [] },
  { row: 4, folder: "platform/nft", packages: [] },
  { row: 4, folder: "platform/system-calls", packages: ["koffi"] },
  ...["scheduler", "sfc", "mesh-proxy", "mesh-control", "cnf-samples"].map(
    (folder): Row => ({ row: 5, folder, packages: ["fastify", "zod", "prom-client"] }),
  ),
  { row: 6, folder: "lab", packages: "any" },
  { row: 7, folder: "cli", packages: "any" },
];

const sources = globSync("{core,platform,scheduler,sfc,mesh-proxy,mesh-control,cnf-samples,lab,cli}/**/*.ts").filter(
  (file) => !file.endsWith(".test.ts"),
);

test("every source file lies in a folder of the table", () => {
  expect(sources.length).toBeGreaterThan(0);
  expect(sources.filter((file) => rowOf(file) === undefined)).toEqual([]);
});

test("imports go to rows above, never sideways", () => {
  expect(sources.flatMap((file) => importsOf(file).flatMap((target) => rowViolation(file, target)))).toEqual([]);
});

test("each folder uses only the packages that the table gives it", () => {
  expect(sources.flatMap((file) => importsOf(file).flatMap((target) => packageViolation(file, target)))).toEqual([]);
});

test("rows 0 to 3 are pure", () => {
  expect(sources.filter((file) => (rowOf(file)?.row ?? 0) <= 3).flatMap(purityViolations)).toEqual([]);
});

test("the proxy's data path does not use node:http or node:http2", () => {
  const dataPath = sources.filter((file) => file.startsWith("mesh-proxy/") && !file.startsWith("mesh-proxy/control/"));
  expect(dataPath.filter((file) => importsOf(file).some((target) => /^node:(http2?|https)$/.test(target)))).toEqual([]);
});

test("ARCHITECTURE.md names every folder of the table", () => {
  const text = readFileSync("ARCHITECTURE.md", "utf8");
  expect(rows.filter(({ folder }) => !text.includes(`\`${folder}\``))).toEqual([]);
});

function rowViolation(file: string, target: string): string[] {
  if (!target.startsWith(".")) return [];
  const to = path.normalize(path.join(path.dirname(file), target));
  const [from, onto] = [rowOf(file), rowOf(to)];
  if (!from || !onto) return onto ? [] : [`${file} imports ${to}, which is outside the table`];
  const isInside = from.folder === onto.folder || (from.row === 3 && onto.folder.startsWith(from.folder));
  const isOwnPart = to.startsWith(`${from.folder}/`);
  if (isInside || isOwnPart || onto.row < from.row) return [];
  // A solver folder implements what sfc/solver declares: the nested folder belongs to the one around it.
  if (from.folder.startsWith(`${onto.folder}/`) && from.row === onto.row) return [];
  return [`${file} (row ${from.row}) imports ${to} (row ${onto.row}): move what both need to core/ or platform/`];
}

function packageViolation(file: string, target: string): string[] {
  if (target.startsWith(".") || target.startsWith("node:")) return [];
  const allowed = rowOf(file)?.packages ?? [];
  const name = target.split("/", target.startsWith("@") ? 2 : 1).join("/");
  if (allowed === "any" || allowed.includes(name)) return [];
  return [`${file} imports the package ${name}: wrap it in its platform/ folder and use that`];
}

const impure: readonly { pattern: RegExp; instead: string }[] = [
  { pattern: /from "node:(?!buffer")/, instead: "only node:buffer is pure" },
  { pattern: /\bDate\.now\(|\bnew Date\(\)|\bperformance\./, instead: "take nowMs as an argument" },
  { pattern: /\bMath\.random\(/, instead: "take random numbers as arguments" },
  { pattern: /\bset(?:Timeout|Interval|Immediate)\(|\bqueueMicrotask\(/, instead: "leave timing to the shell" },
  { pattern: /\bprocess\.|\bconsole\./, instead: "leave the environment to the shell" },
];

function purityViolations(file: string): string[] {
  const code = readFileSync(file, "utf8")
    .replace(/\/\*[\s\S]*?\*\//g, "")
    .replace(/^\s*\/\/.*$/gm, "");
  return impure.filter(({ pattern }) => pattern.test(code)).map(({ instead }) => `${file}: ${instead}`);
}

function rowOf(file: string): Row | undefined {
  return rows.find(({ folder }) => file.startsWith(`${folder}/`));
}

function importsOf(file: string): string[] {
  const code = readFileSync(file, "utf8");
  const found = code.matchAll(/^(?:import|export)\b[^;"]*?from "([^"]+)"|^import "([^"]+)"|\bimport\("([^"]+)"\)/gm);
  return [...found].map((match) => match[1] ?? match[2] ?? match[3] ?? "");
}
