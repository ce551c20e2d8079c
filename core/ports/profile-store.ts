import type { TrafficProfile } from "../model/traffic-profile.ts";

/** Where learned flows outlive the scheduler. Every call throws WeftError kubernetes-* when it fails. */
export interface ProfileStore {
  read(): Promise<StoredProfiles>;
  /** In place of the namespace's profile, or as its first. */
  write(profile: TrafficProfile): Promise<void>;
}

export interface StoredProfiles {
  readonly profiles: readonly TrafficProfile[];
  /** Those that cannot be read, such as ones that a newer version has written: they must stay as they are. */
  readonly unreadable: readonly UnreadableProfile[];
}

export interface UnreadableProfile {
  readonly namespace: string;
  readonly field: string;
  readonly reason: string;
}
