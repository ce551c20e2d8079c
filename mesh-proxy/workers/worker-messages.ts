/** What the main process of a proxy and its workers tell each other. */

export type ToWorker =
  /** As it came. */
  | { readonly kind: "snapshot"; readonly input: unknown }
  /** The snapshot that was delivered last is still the newest. */
  | { readonly kind: "confirm" }
  | { readonly kind: "ask"; readonly id: number; readonly question: AdminQuestion }
  | { readonly kind: "stop"; readonly drainMs: number };

export type FromWorker =
  /** Its mesh port is open. */
  | { readonly kind: "listening" }
  | { readonly kind: "failed"; readonly reason: string }
  | { readonly kind: "answer"; readonly id: number; readonly answer: AdminAnswer }
  /** With the flows that were cut; then it ends. */
  | { readonly kind: "stopped"; readonly cut: readonly string[] };

/** A request to the admin port. */
export interface AdminQuestion {
  readonly method: "GET" | "POST";
  readonly url: string;
  readonly body?: unknown;
}

export interface AdminAnswer {
  readonly statusCode: number;
  readonly contentType: string;
  readonly body: string;
}
