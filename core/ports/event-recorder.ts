/** Where people look for what happened to an object: `kubectl describe` lists its events. */
export interface EventRecorder {
  /** What was recorded of the object a moment ago is no news, and may be left out. @throws WeftError kubernetes-* */
  record(event: ObjectEvent): Promise<void>;
}

export interface ObjectEvent {
  readonly regarding: ObjectReference;
  readonly type: "Normal" | "Warning";
  /** One word in UpperCamelCase, for programs: `PlacedByTraffic`. */
  readonly reason: string;
  /** For people. */
  readonly message: string;
}

export interface ObjectReference {
  /** `v1` for a Pod. */
  readonly apiVersion: string;
  readonly kind: string;
  /** Empty for what has no namespace. */
  readonly namespace: string;
  readonly name: string;
  /** `kubectl describe` finds events by it. */
  readonly uid: string;
}
