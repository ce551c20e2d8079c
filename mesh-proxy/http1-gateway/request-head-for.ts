import type { ServicePathHeader } from "../../core/model/service-path-header.ts";
import { editRequestHead } from "../codec/http1/edit-head.ts";
import type { Http1Scanner } from "../codec/http1/http1-scanner.ts";
import { rewriteHead, type TraceLines } from "../codec/http1/rewrite-head.ts";
import type { Treatment } from "../treat/treatment.ts";

/** In what the head that goes on differs from the one that came, besides the service path header. */
export interface SentChanges {
  readonly treatment: Treatment | undefined;
  readonly trace: TraceLines | undefined;
}

/** The head that a request goes on with; the caller's own bytes. */
export function requestHeadFor(
  request: Http1Scanner,
  { treatment, trace }: SentChanges,
  servicePath?: ServicePathHeader,
): Buffer {
  const changes = treatment?.requestHead;
  if (changes === undefined) return rewriteHead(request, servicePath, trace);
  return editRequestHead(request, changes, { servicePath, trace });
}
