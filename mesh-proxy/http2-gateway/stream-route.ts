import type { AnsweredRequest, DelayedRequest } from "../treat/request-route.ts";
import type { RequestSession } from "../treat/request-session.ts";
import type { Treatment } from "../treat/treatment.ts";
import type { Steering } from "./upstream-pool.ts";

/** What the head of a request of HTTP/2 decides. */
export type StreamRoute =
  | {
      readonly kind: "steered";
      readonly steering: Steering;
      readonly treatment: Treatment | undefined;
      /** Of which its answer may have to tell. */
      readonly session?: RequestSession | undefined;
      /** Draws where copies of it go; asked once. */
      readonly mirrors?: (() => readonly Steering[]) | undefined;
    }
  | AnsweredRequest
  | DelayedRequest
  /** A connection that is opened now goes another way, so the client has to open one. */
  | { readonly kind: "elsewhere" };
