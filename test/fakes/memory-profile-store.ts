import type { TrafficProfile } from "../../core/model/traffic-profile.ts";
import type { WeftError } from "../../core/model/weft-error.ts";
import type { ProfileStore, UnreadableProfile } from "../../core/ports/profile-store.ts";

/** Profiles that outlive the scheduler under test, but not the test. */
export interface MemoryProfileStore extends ProfileStore {
  readonly profiles: Map<string, TrafficProfile>;
  unreadable: readonly UnreadableProfile[];
  /** Readings and writes fail while this is set. */
  failure: WeftError | undefined;
  readonly writes: number;
}

export function createMemoryProfileStore(): MemoryProfileStore {
  const profiles = new Map<string, TrafficProfile>();
  let writes = 0;
  return {
    profiles,
    unreadable: [],
    failure: undefined,
    get writes() {
      return writes;
    },
    async read() {
      if (this.failure) throw this.failure;
      return { profiles: [...profiles.values()], unreadable: this.unreadable };
    },
    async write(profile) {
      if (this.failure) throw this.failure;
      writes += 1;
      profiles.set(profile.namespace, profile);
    },
  };
}
