/** The part that every adapter's Collection shares: objects by key, and changes told together. */
import type { Collection } from "./cluster-view.ts";

/** A Collection whose owner changes it. */
export interface KeyedCollection<T> extends Collection<T> {
  /** Adds it, or takes the place of the one with its key. */
  put(item: T): void;
  /** False if there was none. */
  delete(key: string): boolean;
  /** `hasSynced` is true from now on. */
  markSynced(): void;
}

export interface KeyedCollectionOptions<T> {
  keyOf(item: T): string;
  /** Calls a little later; all changes until then are one notification. */
  defer(call: () => void): void;
  readonly hasSynced?: boolean;
  /** Takes what a listener throws, which reaches nobody else; without it the error is thrown on. */
  onListenerError?(error: unknown): void;
}

export function createKeyedCollection<T>(options: KeyedCollectionOptions<T>): KeyedCollection<T> {
  const items = new Map<string, T>();
  const listeners = new Set<() => void>();
  let listed: readonly T[] | undefined;
  let hasSynced = options.hasSynced ?? false;
  let isTelling = false;

  function changed(): void {
    listed = undefined;
    if (isTelling) return;
    isTelling = true;
    options.defer(() => {
      isTelling = false;
      for (const listener of [...listeners]) if (listeners.has(listener)) call(listener, options.onListenerError);
    });
  }

  return {
    get hasSynced() {
      return hasSynced;
    },
    list() {
      listed ??= [...items.values()];
      return listed;
    },
    get: (key) => items.get(key),
    subscribe(listener) {
      const own = () => listener();
      listeners.add(own);
      return () => listeners.delete(own);
    },
    put(item) {
      items.set(options.keyOf(item), item);
      changed();
    },
    delete(key) {
      const existed = items.delete(key);
      if (existed) changed();
      return existed;
    },
    markSynced() {
      if (hasSynced) return;
      hasSynced = true;
      changed();
    },
  };
}

function call(listener: () => void, onError: (error: unknown) => void = rethrow): void {
  try {
    listener();
  } catch (error) {
    onError(error);
  }
}

function rethrow(error: unknown): never {
  throw error;
}
