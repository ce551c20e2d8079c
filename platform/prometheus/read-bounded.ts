/** Asks over HTTP and reads the answer's body up to a limit. */

export interface BoundedRequest {
  readonly url: string | URL;
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
  readonly bodyBytesMax: number;
  /** Sent by POST as a form when given. */
  readonly form?: Readonly<Record<string, string>>;
  /** Sent by POST as JSON when given. */
  readonly json?: unknown;
}

export interface BoundedAnswer {
  readonly status: number;
  readonly body: string;
}

/** Follows no redirect. @throws whatever went wrong: no connection, the time limit, the abort, a body over the limit. */
export async function readBounded(request: BoundedRequest): Promise<BoundedAnswer> {
  const { url, signal, timeoutMs, bodyBytesMax, form, json } = request;
  const response = await fetch(url, {
    redirect: "error",
    signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    ...(form ? { method: "POST", body: new URLSearchParams(form) } : {}),
    ...(json === undefined
      ? {}
      : { method: "POST", body: JSON.stringify(json), headers: { "content-type": "application/json" } }),
  });
  const decoder = new TextDecoder();
  let body = "";
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > bodyBytesMax) throw new Error(`the body is larger than ${bodyBytesMax} bytes`);
    body += decoder.decode(chunk, { stream: true });
  }
  return { status: response.status, body: body + decoder.decode() };
}
