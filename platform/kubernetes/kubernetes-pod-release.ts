/** Lets gated pods go by one JSON patch each, made for the version of the pod that was read. */
import { present } from "../../core/model/invariant.ts";
import type { GatedPod, PodRelease, ReleaseTarget } from "../../core/ports/pod-release.ts";
import { type ApiAnswer, bodyOf, failureOf, isSuccess } from "./api-failure.ts";
import type { KubernetesClient } from "./kubernetes-client.ts";
import { type ReleasedPodObject, releasePatch } from "./release-patch.ts";

export interface PodReleaseOptions {
  readonly client: KubernetesClient;
  /** Ends whatever goes on. */
  readonly signal?: AbortSignal;
}

/** How often a pod that changes under the write is read again. */
const TRIES_MAX = 4;

type Written =
  | { readonly kind: "released" }
  | { readonly kind: "gone" }
  /** The pod has changed since it was read, or the patch is none that the API server takes. */
  | { readonly kind: "refused"; readonly resourceVersion: string; readonly answer: ApiAnswer };

/** Pods are read from the API server's memory first, and from its store where that turns out to be too old. */
export function createPodRelease({ client, signal }: PodReleaseOptions): PodRelease {
  const bound = signal ? { signal } : {};

  async function read(pod: GatedPod, isFresh: boolean): Promise<ReleasedPodObject | undefined> {
    const fromMemory = isFresh ? {} : { query: { resourceVersion: 0 } };
    const answer = await client.request({ path: pathOf(pod), ...fromMemory, ...bound });
    return answer.statusCode === 404 ? undefined : (bodyOf(whatOf(pod), answer) as ReleasedPodObject);
  }

  async function write(pod: GatedPod, object: ReleasedPodObject, target: ReleaseTarget | undefined): Promise<Written> {
    const { uid, resourceVersion } = object.metadata;
    const body = uid === pod.uid ? releasePatch(object, target) : undefined;
    if (!body) return gone;
    const request = { method: "PATCH", path: pathOf(pod), contentType: "application/json-patch+json", body } as const;
    const answer = await client.request({ ...request, ...bound });
    if (isSuccess(answer)) return { kind: "released" };
    if (answer.statusCode === 404) return gone;
    if (answer.statusCode === 409 || answer.statusCode === 422) return { kind: "refused", resourceVersion, answer };
    throw failureOf(whatOf(pod), answer);
  }

  return {
    async release(pod, target) {
      let refused: Extract<Written, { kind: "refused" }> | undefined;
      for (let tries = 0; tries < TRIES_MAX; tries++) {
        const object = await read(pod, tries > 0);
        // The same version again: it was the patch itself that was refused, not its tests.
        if (refused && refused.resourceVersion === object?.metadata.resourceVersion) break;
        const written = object ? await write(pod, object, target) : gone;
        // Not in the API server's memory may mean not yet.
        if (written.kind === "gone" && tries === 0) continue;
        if (written.kind !== "refused") return written.kind;
        refused = written;
      }
      throw failureOf(whatOf(pod), present(refused, "refusal").answer);
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
