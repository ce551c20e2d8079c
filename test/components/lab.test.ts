import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { labConfigSchema } from "../../lab/lab-config.ts";
import { type RunningLab, runLab } from "../../lab/run-lab.ts";
import { createSystemClock } from "../../platform/clock/system-clock.ts";
import { createLog } from "../../platform/log/pino-log.ts";

const folder = mkdtempSync(path.join(tmpdir(), "weft-lab-"));
afterAll(() => rmSync(folder, { recursive: true }));

const deps = {
  clock: createSystemClock(),
  log: createLog({ level: "silent", name: "lab" }),
  random: Math.random,
  progress: () => {},
};

function exampleWith(file: string, from: string | RegExp, to: string): string {
  const copy = mkdtempSync(path.join(folder, "examples-"));
  cpSync("examples/5g-core", copy, { recursive: true });
  const target = path.join(copy, file);
  const before = readFileSync(target, "utf8");
  const after = before.replace(from, to);
  expect(after).not.toBe(before);
  writeFileSync(target, after);
  return copy;
}

describe("the example", () => {
  const uesOfGnb = 20;
  let example: RunningLab;
  beforeAll(async () => {
    const manifests = exampleWith("load.yaml", "ueCount=45", `ueCount=${uesOfGnb}`);
    example = await runLab(labConfigSchema.parse({ manifests }), deps);
  }, 180_000);
  afterAll(() => example?.stop());

  // Of 2 gNBs, for each UE: a registration, a session, 5 requests, a release and a deregistration.
  const asked = 2 * uesOfGnb * 9;

  test("keeps at least half of spread's inter-node bytes on the nodes under locality, and no request fails", () => {
    const [spread, netmarks, locality] = example.results;
    if (!spread || !netmarks || !locality) throw new Error("the lab has three placements");
    expect(locality.interNodeBytes).toBeLessThanOrEqual(spread.interNodeBytes / 2);
    expect(locality.interNodeBytes).toBeLessThanOrEqual(netmarks.interNodeBytes);
    for (const { requests, chains } of example.results) {
      expect(requests).toMatchObject({ count: asked, failed: 0 });
      expect(chains).toMatchObject([{ chain: "n6" }]);
      for (const { maxUtilisation, lowerBound } of chains) expect(maxUtilisation).toBeGreaterThanOrEqual(lowerBound);
    }
  });

  test("changes the version of its chain of three functions under load: no request fails, and no live flow moves", async () => {
    const change = await example.changeVersion();
    if (!change) throw new Error("the example has a chain");
    expect(change).toMatchObject({ chain: "n6", function: "firewall", instances: 3, movedFlows: 0 });
    // On a slow machine the load runs twice.
    expect([asked, 2 * asked]).toContain(change.requests.count);
    expect(change.requests.failed).toBe(0);
    expect(change.before.spi).not.toBe(change.after.spi);
    // A flow for each session.
    expect(change.before.flows + change.after.flows).toBe(change.requests.count / 9);
    expect(change.after.flows).toBeGreaterThan(0);
    if (change.requests.count === asked) expect(change.liveFlows).toBeGreaterThan(0);
  });
});

function nodeManifest(name: string): string {
  const status = '{ allocatable: { cpu: "1", memory: 1Gi } }';
  return `---\napiVersion: v1\nkind: Node\nmetadata: { name: ${name} }\nstatus: ${status}\n`;
}

const wrong = [
  {
    name: "an unknown field",
    file: "nodes.yaml",
    from: "annotations:",
    to: "annotation:",
    message: /nodes\.yaml.*document 1.*annotation/s,
  },
  { name: "an unknown sample", file: "n6.yaml", from: "- upf\n", to: "- ufp\n", message: /no sample ufp/ },
  {
    name: "an unknown setting",
    file: "n6.yaml",
    from: "upstreams.n6=",
    to: "upstreams.n7=",
    message: /upstreams.*n7/s,
  },
  {
    name: "a cluster without load",
    file: "load.yaml",
    from: "lab.weft.dev/load",
    to: "lab.weft.dev/lead",
    message: /no Deployment's pods have the annotation lab\.weft\.dev\/load/,
  },
  {
    name: "a load without an end",
    file: "load.yaml",
    from: '- ueCount=45\n            - "--set"\n            ',
    to: "",
    message: /Deployment gnb: its load has no end/,
  },
  {
    name: "a function that is no load",
    file: "control-plane.yaml",
    from: /annotations:\n/g,
    to: 'annotations:\n        lab.weft.dev/load: "true"\n',
    message: /Deployment \w+: its load has no end/,
  },
  {
    name: "more nodes than there are addresses",
    file: "nodes.yaml",
    from: /$/,
    to: Array.from({ length: 128 }, (_, index) => nodeManifest(`many-${index}`)).join(""),
    message: /there are 132 Nodes, more than 128/,
  },
  {
    name: "pods that fit nowhere",
    file: "nodes.yaml",
    from: /cpu: "4"/g,
    to: 'cpu: "1"',
    message: /fits on none of 4 nodes/,
  },
];

test.each(wrong)("$name is refused by name", async ({ file, from, to, message }) => {
  const manifests = exampleWith(file, from, to);
  await expect(runLab(labConfigSchema.parse({ manifests }), deps)).rejects.toThrow(message);
});
