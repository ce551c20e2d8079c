import { parseExposition } from "../../../platform/prometheus/parse-exposition.ts";
import type { WeftProcess } from "../../control-plane/end-to-end/weft-process.ts";

/** Sum of a metric's series, of those alone whose labels have one of the values where told; 0 without Weft. */
export async function weftCount(
  weft: WeftProcess | undefined,
  metric: string,
  wanted: Readonly<Record<string, readonly string[]>> = {},
): Promise<number> {
  if (!weft) return 0;
  const text = await (await fetch(`${weft.url}/metrics`)).text();
  const parsed = parseExposition(text, (name) => name === metric);
  if (parsed.kind === "rejected") throw new Error(`${weft.url}/metrics, line ${parsed.line}: ${parsed.reason}`);
  const counting = parsed.samples.filter(({ labels }) =>
    Object.entries(wanted).every(([label, values]) => values.includes(labels.get(label) ?? "")),
  );
  return counting.reduce((sum, { value }) => sum + value, 0);
}
