import type { ServicePathHeader } from "../../core/model/service-path-header.ts";
import { editRequestHead } from "../codec/http1/edit-head.ts";
import type { Http1Scanner } from "../codec/http1/http1-scanner.ts";
import { rewriteHead } from "../codec/http1/rewrite-head.ts";
import type { Treatment } from "./treatment.ts";

/** The head that a request goes on with; the caller's own bytes. */
export function requestHeadFor(
  request: Http1Scanner,
  treatment: Treatment | undefined,
  servicePath: ServicePathHeader | undefined,
): Buffer {
  const changes = treatment?.requestHead;
  return changes === undefined ? rewriteHead(request, servicePath) : editRequestHead(request, changes, servicePath);
}
