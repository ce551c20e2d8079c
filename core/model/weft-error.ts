/** Every operational failure Weft reports, by stable code. `docs/errors.md` lists the same; a test compares. */
export const errorCatalogue = {
  "config-invalid": { retryable: false, summary: "A configuration key is missing, unknown or out of range." },
  "manifest-invalid": { retryable: false, summary: "A manifest or Kubernetes object has a wrong or unknown field." },
  "snapshot-rejected": { retryable: false, summary: "A mesh snapshot contradicts itself; the last good one stays." },
  "snapshot-unavailable": { retryable: true, summary: "The mesh control side cannot be reached." },
  "telemetry-unavailable": { retryable: true, summary: "A flow source cannot be read." },
  "telemetry-malformed": { retryable: true, summary: "A flow source answered with something that is not metrics." },
  "kubernetes-unavailable": { retryable: true, summary: "The Kubernetes API server cannot be reached or refused." },
  "kubernetes-conflict": { retryable: true, summary: "A Kubernetes object changed under a write." },
  "kubernetes-refused": { retryable: false, summary: "The Kubernetes API server rejected an object as invalid." },
  "network-invalid": {
    retryable: false,
    summary: "A network of links or sites has a wrong field or an unknown name.",
  },
  "decision-unknown": { retryable: false, summary: "The scheduler remembers no decision about the pod asked for." },
  "chain-unknown": { retryable: false, summary: "The chain asked for is not known, or no pod's traffic goes on it." },
  "scenario-invalid": {
    retryable: false,
    summary: "A placement scenario has a wrong field, or asks for what has no room.",
  },
  "solver-failed": { retryable: false, summary: "A solver gave no answer, or one that its checker refuses." },
  "upstream-failed": { retryable: true, summary: "A peer refused, timed out or answered out of protocol." },
  "limit-reached": { retryable: true, summary: "A declared limit (connections, queue, body) is reached." },
  "rules-refused": { retryable: false, summary: "The rules of an interception cannot be set in the kernel." },
  "listen-failed": { retryable: false, summary: "A server cannot listen on its configured address." },
} as const;

export type ErrorCode = keyof typeof errorCatalogue;

/** An operational failure: what failed, whether trying again may help, and what caused it. */
export class WeftError extends Error {
  readonly code: ErrorCode;
  readonly retryable: boolean;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = "WeftError";
    this.code = code;
    this.retryable = errorCatalogue[code].retryable;
  }
}

/** The text of anything thrown, for a log line or a condition. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** As {@link messageOf}, of what `fetch` throws: "fetch failed", and the reason in its cause. */
export function fetchReasonOf(error: unknown): string {
  return messageOf(error instanceof Error && error.cause !== undefined ? error.cause : error);
}
