/** The part of any Kubernetes object that a reflector needs, whatever else it holds. */
export interface ApiObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly uid: string;
    readonly namespace: string | undefined;
    readonly name: string;
    readonly resourceVersion: string;
  };
  /** As it came. */
  readonly raw: object;
}

/** Undefined for what is no object with a name. */
export function apiObjectOf(raw: unknown): ApiObject | undefined {
  if (!isRecord(raw) || !isRecord(raw.metadata)) return undefined;
  const { uid, namespace, name, resourceVersion } = raw.metadata;
  if (typeof name !== "string" || name === "") return undefined;
  return {
    apiVersion: textOf(raw.apiVersion),
    kind: textOf(raw.kind),
    metadata: {
      uid: textOf(uid),
      namespace: typeof namespace === "string" ? namespace : undefined,
      name,
      resourceVersion: textOf(resourceVersion),
    },
    raw,
  };
}

/** `namespace/name`, or the name of what has no namespace. */
export function objectKey({ metadata: { namespace, name } }: Pick<ApiObject, "metadata">): string {
  return namespace === undefined ? name : `${namespace}/${name}`;
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
