/** One line of a watch: https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes */
import { messageOf } from "../../core/model/weft-error.ts";
import { isExpired, reasonOf } from "./api-failure.ts";
import { type ApiObject, apiObjectOf, isRecord } from "./api-object.ts";

export type WatchEvent =
  | { readonly kind: "put"; readonly object: ApiObject }
  | { readonly kind: "delete"; readonly object: ApiObject }
  /** Nothing changed up to this resource version. */
  | { readonly kind: "bookmark"; readonly resourceVersion: string }
  | { readonly kind: "expired" }
  | { readonly kind: "error"; readonly reason: string }
  | { readonly kind: "malformed"; readonly reason: string };

export function watchEventOf(line: string): WatchEvent {
  const parsed = parseLine(line);
  if (!isRecord(parsed)) return malformed(typeof parsed === "string" ? parsed : "a line is no JSON object");
  switch (parsed.type) {
    case "ADDED":
    case "MODIFIED":
      return objectEvent("put", parsed.object);
    case "DELETED":
      return objectEvent("delete", parsed.object);
    case "BOOKMARK":
      return bookmark(parsed.object);
    case "ERROR":
      return isExpired(parsed.object)
        ? { kind: "expired" }
        : { kind: "error", reason: reasonOf({ body: parsed.object }) };
    default:
      return malformed(`an event has the unknown type ${String(parsed.type)}`);
  }
}

/** What is wrong with it as text, since a watch sends no bare strings. */
function parseLine(line: string): unknown {
  try {
    const parsed: unknown = JSON.parse(line);
    return typeof parsed === "string" ? undefined : parsed;
  } catch (error) {
    return `a line is not JSON: ${messageOf(error)}`;
  }
}

function objectEvent(kind: "put" | "delete", raw: unknown): WatchEvent {
  const object = apiObjectOf(raw);
  if (!object) return malformed("an event's object has no metadata.name");
  if (object.metadata.resourceVersion === "") return malformed("an event's object has no metadata.resourceVersion");
  return { kind, object };
}

/** Its object has a resource version and nothing else. */
function bookmark(raw: unknown): WatchEvent {
  const metadata = isRecord(raw) && isRecord(raw.metadata) ? raw.metadata : {};
  const { resourceVersion } = metadata;
  if (typeof resourceVersion !== "string") return malformed("a bookmark has no metadata.resourceVersion");
  return { kind: "bookmark", resourceVersion };
}

function malformed(reason: string): WatchEvent {
  return { kind: "malformed", reason };
}
