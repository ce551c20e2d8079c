/** Objects of the data network: JSON of exactly the size asked for, always the same, with whitespace worth removing. */
import { z } from "zod";

/** Smallest object there is: `{}`. */
const objectBytesMin = 2;

export type DnRequest =
  | { readonly kind: "object"; readonly bytes: number }
  | { readonly kind: "sink" }
  | { readonly kind: "refused"; readonly status: 400 | 404 | 405; readonly detail: string; readonly allow?: string };

const sizeText = z
  .string()
  .regex(/^\d{1,9}$/)
  .transform(Number);

/** What a request asks for; `objectBytesMax` is the largest object. */
export function readRequest(method: string, path: string, objectBytesMax: number): DnRequest {
  const [, folder, name, ...others] = path.split("?", 1)[0]?.split("/") ?? [];
  if (folder === "objects" && name !== undefined && others.length === 0) {
    if (method !== "GET") return { kind: "refused", status: 405, detail: "objects are read with GET", allow: "GET" };
    const bytes = sizeText.safeParse(name);
    if (bytes.success && bytes.data >= objectBytesMin && bytes.data <= objectBytesMax) {
      return { kind: "object", bytes: bytes.data };
    }
    const detail = `size: must be ${objectBytesMin} to ${objectBytesMax} bytes`;
    return { kind: "refused", status: 400, detail };
  }
  if (folder === "sink" && name === undefined) {
    if (method === "POST") return { kind: "sink" };
    return { kind: "refused", status: 405, detail: "the sink takes POST", allow: "POST" };
  }
  return { kind: "refused", status: 404, detail: "there are GET /objects/{bytes} and POST /sink" };
}

/** JSON text of `bytes` characters, all of them ASCII: readings of a made-up sensor, indented, padded with spaces. */
export function objectText(bytes: number): string {
  const random = xorshift(bytes);
  const opening = '{\n  "readings": [';
  const closing = "\n  ]\n}";
  let text = opening;
  for (let sequence = 0; ; sequence++) {
    const reading = `${sequence === 0 ? "" : ","}\n    ${readingText(sequence, random)}`;
    if (text.length + reading.length + closing.length > bytes) break;
    text += reading;
  }
  const whole = text === opening ? "{}" : text + closing;
  return whole.padEnd(bytes, " ");
}

function readingText(sequence: number, random: () => number): string {
  const reading = {
    sequence,
    sensor: `sensor-${random() % 1000}`,
    celsius: (random() % 600) / 10 - 20,
    isCalibrated: random() % 2 === 0,
    note: ["steady", "rising fast", "falling", "see the log"][random() % 4],
  };
  return JSON.stringify(reading, null, 2).replaceAll("\n", "\n    ");
}

/** Marsaglia's 32-bit xorshift; the seed of 0 would stay 0. */
function xorshift(seed: number): () => number {
  let state = (seed ^ 0x9e3779b9) >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state;
  };
}
