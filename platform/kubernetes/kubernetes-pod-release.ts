/** Lets gated pods go by one JSON patch each. */
import { present } from "../../core/model/invariant.ts";
import type { GatedPod, PodRelease, ReleaseTarget } from "../../core/ports/pod-release.ts";
import { type ApiAnswer, bodyOf, failureOf, isSuccess } from "./api-failure.ts";
import type { KubernetesClient } from "./kubernetes-client.ts";
import {
  type JsonPatchOperation,
  type ReleasedPodObject,
  releasePatchOfRead,
  releasePatchOfSeen,
} from "./release-patch.ts";

export interface PodReleaseOptions {
  readonly client: KubernetesClient;
  /** Ends whatever goes on. */
  readonly signal?: AbortSignal;
}

/** Of the pod that was written nothing is looked at; without this the API server sends it whole. */
const metadataAlone = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json";

/** How often a pod that changes under the write is read again. */
const TRIES_MAX = 4;

type Written =
  | { readonly kind: "released" }
  | { readonly kind: "gone" }
  /** The pod has changed meanwhile, or the patch is none that the API server takes. */
  | { readonly kind: "refused"; readonly answer: ApiAnswer };

/** A pod is written as it was seen, without a reading, where that is possible; where it has changed, it is read from the store. */
export function createPodRelease({ client, signal }: PodReleaseOptions): PodRelease {
  const bound = signal ? { signal } : {};

  async function read(pod: GatedPod): Promise<ReleasedPodObject | undefined> {
    const answer = await client.request({ path: pathOf(pod), ...bound });
    return answer.statusCode === 404 ? undefined : (bodyOf(whatOf(pod), answer) as ReleasedPodObject);
  }

  async function write(pod: GatedPod, body: readonly JsonPatchOperation[]): Promise<Written> {
    const types = { contentType: "application/json-patch+json", accept: metadataAlone };
    const answer = await client.request({ method: "PATCH", path: pathOf(pod), body, ...types, ...bound });
    if (isSuccess(answer)) return { kind: "released" };
    if (answer.statusCode === 404) return gone;
    if (answer.statusCode === 409 || answer.statusCode === 422) return { kind: "refused", answer };
    throw failureOf(whatOf(pod), answer);
  }

  async function writeAsRead(pod: GatedPod, target: ReleaseTarget | undefined): Promise<"released" | "gone"> {
    let refused: { readonly resourceVersion: string; readonly answer: ApiAnswer } | undefined;
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      const object = await read(pod);
      const { uid, resourceVersion } = object?.metadata ?? {};
      // The same version again: it was the patch itself that was refused, not its tests.
      if (refused && refused.resourceVersion === resourceVersion) break;
      const body = object && uid === pod.uid ? releasePatchOfRead(object, target) : undefined;
      const written = body ? await write(pod, body) : gone;
      if (written.kind !== "refused") return written.kind;
      refused = { resourceVersion: resourceVersion ?? "", answer: written.answer };
    }
    throw failureOf(whatOf(pod), present(refused, "refusal").answer);
  }

  return {
    async release(pod, target) {
      const body = releasePatchOfSeen(pod, target);
      const written = body && (await write(pod, body));
      return written && written.kind !== "refused" ? written.kind : writeAsRead(pod, target);
    },
  };
}

const gone = { kind: "gone" } as const;

function whatOf({ namespace, name }: GatedPod): string {
  return `let pod ${namespace}/${name} go`;
}

function pathOf({ namespace, name }: GatedPod): string {
  return `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(name)}`;
}
