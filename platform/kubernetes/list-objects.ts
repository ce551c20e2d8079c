/** Reads every object of one kind, page by page, at one resource version. */
import { type ApiAnswer, isExpired, isSuccess } from "./api-failure.ts";
import { type ApiObject, apiObjectOf, isRecord } from "./api-object.ts";
import type { KubernetesClient } from "./kubernetes-client.ts";

export interface ListRequest {
  readonly client: KubernetesClient;
  readonly path: string;
  readonly pageSize: number;
  readonly objectsMax: number;
  readonly signal: AbortSignal;
  onPage(): void;
}

export type ListOutcome =
  | { readonly kind: "listed"; readonly objects: readonly ApiObject[]; readonly resourceVersion: string }
  /** The pages' resource version is gone before the last page was read. */
  | { readonly kind: "expired" }
  | { readonly kind: "refused"; readonly answer: ApiAnswer }
  | { readonly kind: "malformed"; readonly reason: string }
  | { readonly kind: "too-many"; readonly objectsMax: number };

/** A server under load may take its time over a page. */
const pageTimeoutMs = 60_000;

/** @throws WeftError kubernetes-unavailable */
export async function listObjects(request: ListRequest): Promise<ListOutcome> {
  const objects: ApiObject[] = [];
  let continueToken = "";
  for (;;) {
    const answer = await readPage(request, continueToken);
    request.onPage();
    if (!isSuccess(answer)) {
      return answer.statusCode === 410 || isExpired(answer.body) ? { kind: "expired" } : { kind: "refused", answer };
    }
    const page = pageOf(answer.body);
    if (typeof page === "string") return { kind: "malformed", reason: page };
    objects.push(...page.objects);
    if (objects.length > request.objectsMax) return { kind: "too-many", objectsMax: request.objectsMax };
    continueToken = page.continueToken;
    if (continueToken === "") return { kind: "listed", objects, resourceVersion: page.resourceVersion };
    if (page.objects.length === 0) return { kind: "malformed", reason: "an empty page promises another" };
  }
}

function readPage({ client, path, pageSize, signal }: ListRequest, continueToken: string): Promise<ApiAnswer> {
  const query = { limit: pageSize, ...(continueToken !== "" && { continue: continueToken }) };
  return client.request({ path, query, signal, timeoutMs: pageTimeoutMs });
}

interface Page {
  readonly objects: readonly ApiObject[];
  readonly resourceVersion: string;
  readonly continueToken: string;
}

/** Text says what is wrong with it. */
function pageOf(body: unknown): Page | string {
  if (!isRecord(body) || !isRecord(body.metadata) || typeof body.kind !== "string") return "a page is no list object";
  const { resourceVersion, continue: continueToken = "" } = body.metadata;
  if (typeof resourceVersion !== "string" || resourceVersion === "") return "a page has no metadata.resourceVersion";
  if (typeof continueToken !== "string") return "a page's metadata.continue is no text";
  const items = body.items ?? [];
  if (!Array.isArray(items)) return "a page's items are no list";
  const kind = body.kind.replace(/List$/, "");
  const objects = items.map((item: unknown) =>
    apiObjectOf(isRecord(item) ? { apiVersion: body.apiVersion, kind, ...item } : item),
  );
  if (!objects.every((object) => object !== undefined)) return "an item has no metadata.name";
  return { objects, resourceVersion, continueToken };
}
