/** The objects of one kind as Weft reads them. What cannot be read keeps its last good version, as long as it is the same object. */
import type { Parsed } from "../../core/model/parsed.ts";
import { messageOf } from "../../core/model/weft-error.ts";
import type { KeyedCollection } from "../../core/ports/keyed-collection.ts";
import { type ApiObject, objectKey } from "./api-object.ts";

export interface Rejection {
  /** `namespace/name`, or the name of what has no namespace. */
  readonly key: string;
  /** Path to the wrong field. */
  readonly field: string;
  readonly reason: string;
}

export interface ObjectMirror {
  put(object: ApiObject): void;
  delete(object: ApiObject): void;
  /** What is not in the list is gone; one that has another UID under a known name is a deletion and an addition. */
  replace(objects: readonly ApiObject[]): void;
  /** Objects that cannot be read as they are now. */
  rejections(): readonly Rejection[];
  /** Objects known, readable or not. */
  readonly size: number;
}

export interface ObjectMirrorOptions<T> {
  readonly collection: KeyedCollection<T>;
  read(raw: unknown): Parsed<T>;
  onRejection(rejection: Rejection): void;
}

interface Known {
  readonly uid: string;
  readonly resourceVersion: string;
  readonly rejection: Rejection | undefined;
}

export function createObjectMirror<T>({ collection, read, onRejection }: ObjectMirrorOptions<T>): ObjectMirror {
  const known = new Map<string, Known>();

  function put(object: ApiObject): void {
    const { uid, resourceVersion } = object.metadata;
    const key = objectKey(object);
    const before = known.get(key);
    if (before?.uid === uid && before.resourceVersion === resourceVersion) return;
    if (before && before.uid !== uid) forget(key);
    const parsed = readOrReject(read, object);
    const rejection = parsed.kind === "parsed" ? undefined : { key, field: parsed.field, reason: parsed.reason };
    known.set(key, { uid, resourceVersion, rejection });
    if (parsed.kind === "parsed") collection.put(parsed.value);
    if (rejection) onRejection(rejection);
  }

  function forget(key: string): void {
    known.delete(key);
    collection.delete(key);
  }

  return {
    put,
    delete(object) {
      const key = objectKey(object);
      if (known.get(key)?.uid === object.metadata.uid) forget(key);
    },
    replace(objects) {
      const listed = new Set(objects.map(objectKey));
      for (const key of [...known.keys()]) if (!listed.has(key)) forget(key);
      for (const object of objects) put(object);
    },
    rejections: () => [...known.values()].flatMap(({ rejection }) => rejection ?? []),
    get size() {
      return known.size;
    },
  };
}

/** The items of a list may lack their kind; a reader that throws has met a shape that nobody expected. */
function readOrReject<T>(read: (raw: unknown) => Parsed<T>, { raw, apiVersion, kind }: ApiObject): Parsed<T> {
  try {
    return read({ ...raw, apiVersion, kind });
  } catch (error) {
    return { kind: "rejected", field: "", reason: messageOf(error) };
  }
}
