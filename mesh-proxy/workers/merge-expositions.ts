/** The metrics of all workers as those of one proxy, in Prometheus' text format. */

type Merge = (a: number, b: number) => number;

const sum: Merge = (a, b) => a + b;
const merges: readonly (readonly [RegExp, Merge])[] = [
  [/^weft_proxy_(snapshot_version|certificate_expiry_seconds|connect_least_seconds)\b/, Math.min],
  [/^weft_proxy_snapshot_age_seconds\b/, Math.max],
  // No quantile of all can be told from those of each.
  [/\{[^}]*\bquantile="/, Math.max],
];

/**
 * Adds what can be added: counters, histograms, and gauges of what each has. Of a proxy's state the oldest counts, of quantiles the largest.
 * O(lines). Labels are told apart as they are written, which is the same in all workers.
 */
export function mergeExpositions(texts: readonly string[]): string {
  const blocks = new Map<string, Map<string, string | number>>();
  for (const text of texts) {
    let block = blockOf(blocks, "");
    for (const line of text.split("\n")) {
      if (line === "") continue;
      const about = /^# (?:HELP|TYPE) (\S+)/.exec(line)?.[1];
      if (about !== undefined) {
        block = blockOf(blocks, about);
        block.set(line, "comment");
      } else if (!line.startsWith("#")) addSample(block, line);
    }
  }
  const lines = [...blocks.values()].flatMap((block) =>
    Array.from(block, ([name, value]) => (typeof value === "string" ? name : `${name} ${textOf(value)}`)),
  );
  return lines.length === 0 ? "" : `${lines.join("\n")}\n`;
}

function addSample(block: Map<string, string | number>, line: string): void {
  const at = line.lastIndexOf(" ");
  const [name, value] = [line.slice(0, at), numberOf(line.slice(at + 1))];
  const before = block.get(name);
  if (typeof before !== "number") block.set(name, value);
  else block.set(name, (merges.find(([pattern]) => pattern.test(name))?.[1] ?? sum)(before, value));
}

function blockOf(blocks: Map<string, Map<string, string | number>>, metric: string): Map<string, string | number> {
  const known = blocks.get(metric) ?? new Map<string, string | number>();
  blocks.set(metric, known);
  return known;
}

/** prom-client writes `Nan`. */
function numberOf(text: string): number {
  if (text === "+Inf") return Number.POSITIVE_INFINITY;
  return text === "-Inf" ? Number.NEGATIVE_INFINITY : Number(text);
}

function textOf(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (Number.isFinite(value)) return String(value);
  return value > 0 ? "+Inf" : "-Inf";
}
