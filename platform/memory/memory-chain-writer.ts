/** What the API server does with a chain's paths and status, without the API server. */
import type { ServiceFunctionChain, ServiceFunctionPath } from "../../core/model/chain.ts";
import { WeftError } from "../../core/model/weft-error.ts";
import type { ChainStatus, ChainWriter } from "../../core/ports/chain-writer.ts";
import type { KeyedCollection } from "../../core/ports/keyed-collection.ts";

export interface MemoryChainWriterParts {
  readonly chains: KeyedCollection<ServiceFunctionChain>;
  readonly paths: KeyedCollection<ServiceFunctionPath>;
}

/** Deleting a chain deletes its paths and its status with it. */
export function createMemoryChainWriter({ chains, paths }: MemoryChainWriterParts): ChainWriter {
  /** By the chain's UID: a chain that is created again starts without one. */
  const statuses = new Map<string, ChainStatus>();
  const chainOf = (path: ServiceFunctionPath) => `${path.namespace}/${path.chain}`;

  function removeOrphans(): void {
    for (const path of paths.list()) if (!chains.get(chainOf(path))) paths.delete(`${path.namespace}/${path.name}`);
    const uids = new Set(chains.list().map(({ uid }) => uid));
    for (const uid of statuses.keys()) if (!uids.has(uid)) statuses.delete(uid);
  }
  chains.subscribe(removeOrphans);

  return {
    async createPath(path) {
      const key = `${path.namespace}/${path.name}`;
      if (!chains.get(chainOf(path))) throw conflict(`chain ${chainOf(path)} does not exist`);
      if (paths.get(key)) throw conflict(`path ${key} exists already`);
      paths.put(path);
    },
    async setPathActive(path, isActive) {
      const key = `${path.namespace}/${path.name}`;
      const current = paths.get(key);
      if (!current) throw conflict(`path ${key} does not exist`);
      paths.put({ ...current, isActive });
    },
    async deletePath(namespace, name) {
      paths.delete(`${namespace}/${name}`);
    },
    async readChainStatus(namespace, name) {
      return statuses.get(chains.get(`${namespace}/${name}`)?.uid ?? "");
    },
    async updateChainStatus(namespace, name, status) {
      const chain = chains.get(`${namespace}/${name}`);
      if (!chain) throw conflict(`chain ${namespace}/${name} does not exist`);
      statuses.set(chain.uid, status);
      if (status.refused !== chain.refused) chains.put({ ...chain, refused: status.refused });
    },
  };
}

function conflict(message: string): WeftError {
  return new WeftError("kubernetes-conflict", message);
}
