/** Prints what a proxy shows of its live requests. */
import { fetchReasonOf, WeftError } from "../../core/model/weft-error.ts";
import { urlUnder } from "../chain/ask-json.ts";

export interface TapOrder {
  /** Of the proxy's admin port. */
  readonly adminUrl: string;
  readonly query: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  readonly print: (text: string) => Promise<void>;
}

/** @throws WeftError telemetry-unavailable, config-invalid */
export async function streamTap({ adminUrl, query, signal, print }: TapOrder): Promise<void> {
  const url = urlUnder(adminUrl, "v1/tap", "--admin");
  for (const [key, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(key, value);
  try {
    const response = await fetch(url, { redirect: "error", signal });
    if (!response.ok) throw await refusalOf(response);
    const decoder = new TextDecoder();
    for await (const piece of response.body ?? []) await print(decoder.decode(piece, { stream: true }));
  } catch (error) {
    if (signal.aborted) return;
    if (error instanceof WeftError) throw error;
    throw new WeftError("telemetry-unavailable", `the proxy at ${url.origin} does not answer: ${fetchReasonOf(error)}`);
  }
}

async function refusalOf(response: Response): Promise<WeftError> {
  const body = (await response.json().catch(() => undefined)) as
    | { readonly error?: { readonly field?: string; readonly message?: string } }
    | undefined;
  const { field, message = `HTTP ${response.status}` } = body?.error ?? {};
  const code = response.status === 400 ? "config-invalid" : "telemetry-unavailable";
  return new WeftError(code, field === undefined ? message : `--filter ${field}: ${message}`);
}
