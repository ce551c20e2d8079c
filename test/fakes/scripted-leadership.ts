import type { Leadership } from "../../core/ports/leadership.ts";

export interface ScriptedLeadership extends Leadership {
  set(isLeader: boolean): void;
}

export function createScriptedLeadership(isLeader = true): ScriptedLeadership {
  const listeners = new Set<(isLeader: boolean) => void>();
  let current = isLeader;
  return {
    get isLeader() {
      return current;
    },
    set(next) {
      current = next;
      for (const listener of listeners) listener(next);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    stop: async () => {},
  };
}
