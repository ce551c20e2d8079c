/** The Grafana dashboard against Prometheus' own parser and engine (promtool), over series as the telemetry contract has them. */
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { debianProgram } from "../tools/debian-package.ts";
import { runCommand } from "../tools/run-command.ts";

interface Panel {
  readonly id: number;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly expr: string }[];
}

const dashboard: { readonly panels: readonly Panel[] } = JSON.parse(readFileSync("deploy/grafana/weft.json", "utf8"));
const folder = mkdtempSync(path.join(tmpdir(), "weft-dashboard-"));
afterAll(() => rmSync(folder, { recursive: true }));

it("every metric on the dashboard is one that Weft's sources declare", () => {
  const sources = globSync("{scheduler,sfc,mesh-proxy,mesh-control,platform}/**/*.ts").filter(
    (file) => !file.includes(".test."),
  );
  const declared = sources.map((file) => readFileSync(file, "utf8")).join("\n");
  const expressions = dashboard.panels.flatMap(exprsOf).join("\n");
  const used = new Set(
    expressions.match(/\b(?:istio|weft)_\w+(?=[{[)])/g)?.map((name) => name.replace(/_bucket$/, "")),
  );
  expect(used.size).toBeGreaterThan(8);
  expect([...used].filter((name) => !declared.includes(`"${name}"`))).toEqual([]);
});

it("no panel lies on another, and each has its own id", () => {
  const cells = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, at) => `${x + (at % w)},${y + Math.floor(at / w)}`),
  );
  expect(new Set(cells).size).toBe(cells.length);
  expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
});

const promtool = await debianProgram({ package: "prometheus", program: "promtool", how: "unpack" });
if (promtool.kind === "unavailable") {
  it.skip(`SKIPPED, since there is no promtool: ${promtool.reason}`, () => {});
} else {
  describe("in Prometheus' own engine", () => {
    it.each(dashboard.panels.flatMap((panel) => exprsOf(panel).map((expr) => ({ title: panel.title, expr }))))(
      "a query of $title is PromQL",
      async ({ expr }) => {
        const rules = { groups: [{ name: "panel", rules: [{ record: "panel", expr }] }] };
        const checked = await runCommand(promtool.path, ["check", "rules", written("rules.yaml", rules)], limit);
        expect(checked).toMatchObject({ kind: "succeeded", stdout: expect.stringContaining("1 rules found") });
      },
    );

    /** a on n1 sends 60 B/s to b on n1 and 30 B/s to b on n2, which answer 6 and 4. */
    const traffic = [
      ...flow("n1", "b-0", "n1", { received: 60, sent: 6 }),
      ...flow("n1", "b-1", "n2", { received: 30, sent: 4 }),
      ...flow("n1", "b-1", "n2", { received: 30, sent: 4, reporter: "source" }),
    ];
    const values = [
      { title: "Traffic", at: 0, series: traffic, value: 100 },
      { title: "Between nodes", at: 0, series: traffic, value: 0.34 },
      { title: "Between nodes", at: 0, series: flow("n1", "b-1", "n2", { received: 1, sent: 1 }), value: 1 },
      { title: "Between nodes", at: 0, series: flow("n1", "b-0", "n1", { received: 1, sent: 1 }), value: 0 },
      { title: "On and between nodes", at: 0, series: traffic, value: 66 },
      { title: "On and between nodes", at: 1, series: traffic, value: 34 },
      { title: "Steered and straight", at: 1, series: traffic, value: 90 },
    ];
    it.each(values)("$title, query $at, is $value", async ({ title, at, series, value }) => {
      const expr = `sum(${exprsOf(panelNamed(title))[at]})`;
      const test = {
        interval: "15s",
        input_series: series,
        promql_expr_test: [
          { expr: `round(100 * ${expr})`, eval_time: "10m", exp_samples: [{ labels: "{}", value: 100 * value }] },
        ],
      };
      const file = written("test.yaml", { rule_files: [], tests: [test] });
      expect(await runCommand(promtool.path, ["test", "rules", file], limit)).toEqual({
        kind: "succeeded",
        stdout: expect.any(String),
      });
    });
  });
}

const limit = { timeoutMs: 30_000 };

interface FlowSketch {
  readonly received: number;
  readonly sent: number;
  readonly reporter?: string;
}

/** Counters of one flow that grow steadily, in bytes per second. */
function flow(from: string, pod: string, to: string, { received, sent, reporter = "destination" }: FlowSketch) {
  const workloads = 'source_workload="a",source_workload_namespace="core",destination_workload="b"';
  const labels = `{reporter="${reporter}",${workloads},destination_pod="${pod}",source_node="${from}",destination_node="${to}",weft_chain=""}`;
  return [
    { series: `istio_tcp_received_bytes_total${labels}`, values: `0+${received * 15}x60` },
    { series: `istio_tcp_sent_bytes_total${labels}`, values: `0+${sent * 15}x60` },
  ];
}

function panelNamed(title: string): Panel {
  const found = dashboard.panels.find((panel) => panel.title === title && panel.targets);
  if (!found) throw new Error(`no panel is called ${title}`);
  return found;
}

/** With Grafana's variables filled in. */
function exprsOf({ targets = [] }: Panel): readonly string[] {
  return targets.map(({ expr }) => expr.replaceAll("$__rate_interval", "1m").replaceAll("$namespace", ".*"));
}

function written(name: string, content: object): string {
  const file = path.join(folder, name);
  writeFileSync(file, JSON.stringify(content));
  return file;
}
