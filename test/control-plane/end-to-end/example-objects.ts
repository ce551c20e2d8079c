/** The manifests of `examples/5g-core`, as the lab and the docs read them, object by object. */
import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import { parseAllDocuments } from "yaml";

/** A Kubernetes object as a user writes it. */
export interface Manifest<Spec = unknown> {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly [key: string]: unknown };
  readonly spec: Spec;
}

const folder = path.join(import.meta.dirname, "../../../examples/5g-core");

export interface DeploymentChanges {
  readonly replicas?: number;
  /** Where the pods must go; anywhere unless told. */
  readonly node?: string;
  /** Another name, and another `app` label. */
  readonly name?: string;
}

/** The example's Deployment, changed where told. */
export function exampleDeployment(example: string, changes: DeploymentChanges = {}): Manifest {
  const found = exampleObject<DeploymentSpec>("Deployment", example);
  const { replicas = 1, node, name = example } = changes;
  const { metadata, spec: podSpec } = found.spec.template;
  const labels = { ...metadata.labels, app: name };
  const nodeSelector = node === undefined ? {} : { nodeSelector: { "kubernetes.io/hostname": node } };
  return {
    ...found,
    metadata: { name },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      template: { metadata: { ...metadata, labels }, spec: { ...podSpec, ...nodeSelector } },
    },
  };
}

/** The object of this name and kind; throws where the examples have none. */
export function exampleObject<Spec = unknown>(kind: string, name: string): Manifest<Spec> {
  const found = all().find((object) => object.kind === kind && object.metadata.name === name);
  if (found === undefined) throw new Error(`examples/5g-core has no ${kind} ${name}`);
  return found as Manifest<Spec>;
}

export interface DeploymentSpec {
  readonly template: {
    readonly metadata: {
      readonly labels: Readonly<Record<string, string>>;
      readonly annotations?: Readonly<Record<string, string>>;
    };
    readonly spec: Readonly<Record<string, unknown>>;
  };
}

function all(): readonly Manifest[] {
  return globSync(path.join(folder, "*.yaml")).flatMap(objectsIn);
}

function objectsIn(file: string): Manifest[] {
  return parseAllDocuments(readFileSync(file, "utf8")).map((document) => document.toJS() as Manifest);
}
