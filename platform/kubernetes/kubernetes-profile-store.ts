/** Learned flows as one TrafficProfile object in each namespace. */
import type { Parsed } from "../../core/model/parsed.ts";
import type { TrafficProfile } from "../../core/model/traffic-profile.ts";
import type { ProfileStore, UnreadableProfile } from "../../core/ports/profile-store.ts";
import { bodyOf } from "./api-failure.ts";
import type { WrittenObject } from "./kubernetes-chain-writer.ts";
import type { KubernetesClient } from "./kubernetes-client.ts";
import { listFailure } from "./list-failure.ts";
import { listObjects } from "./list-objects.ts";
import { weftPath, weftPaths } from "./weft-resources.ts";

/** How profiles' objects look; the composition root takes them from platform/schema. */
export interface ProfileEncoding {
  encodeProfile(profile: TrafficProfile): WrittenObject;
  parseProfile(object: unknown): Parsed<TrafficProfile>;
}

export interface ProfileStoreOptions {
  readonly client: KubernetesClient;
  readonly encoding: ProfileEncoding;
  /** Ends whatever goes on. */
  readonly signal?: AbortSignal;
}

const pageSize = 100;
const objectsMax = 20_000;

/** Writes are server-side applies: they create or replace in one request, whatever others have written meanwhile. */
export function createProfileStore({ client, encoding, signal }: ProfileStoreOptions): ProfileStore {
  const path = weftPaths.trafficProfiles;
  const listing = signal ?? new AbortController().signal;
  return {
    async read() {
      const outcome = await listObjects({ client, path, pageSize, objectsMax, signal: listing, onPage: () => {} });
      if (outcome.kind !== "listed") throw listFailure("list traffic profiles", outcome);
      const profiles: TrafficProfile[] = [];
      const unreadable: UnreadableProfile[] = [];
      for (const { metadata, raw } of outcome.objects) {
        const parsed = encoding.parseProfile(raw);
        if (parsed.kind === "parsed") profiles.push(parsed.value);
        else unreadable.push({ namespace: metadata.namespace ?? "", field: parsed.field, reason: parsed.reason });
      }
      return { profiles, unreadable };
    },

    async write(profile) {
      const body = encoding.encodeProfile(profile);
      const { namespace, name } = body.metadata;
      const answer = await client.request({
        method: "PATCH",
        path: weftPath("trafficProfiles", namespace, name),
        query: { fieldManager: "weft-scheduler", force: "true" },
        contentType: "application/apply-patch+yaml",
        body,
        signal: listing,
      });
      bodyOf(`write the traffic profile of ${namespace}`, answer);
    },
  };
}
