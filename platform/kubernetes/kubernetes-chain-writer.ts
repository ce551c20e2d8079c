import type { ServiceFunctionPath } from "../../core/model/chain.ts";
import type { Parsed } from "../../core/model/parsed.ts";
import { WeftError } from "../../core/model/weft-error.ts";
import type { ChainStatus, ChainWriter } from "../../core/ports/chain-writer.ts";
import { bodyOf } from "./api-failure.ts";
import { apiObjectOf, isRecord } from "./api-object.ts";
import type { ApiRequest, KubernetesClient } from "./kubernetes-client.ts";
import { weftApiVersion, weftPath } from "./weft-resources.ts";

/** How chains' objects look; the composition root takes them from platform/schema. */
export interface ChainEncoding {
  /** The whole object. */
  encodePath(path: ServiceFunctionPath): WrittenObject;
  /** What goes under `status`. */
  encodeChainStatus(status: ChainStatus): object;
  /** Reads the status of a whole ServiceFunctionChain object. */
  parseChainStatus(object: unknown): Parsed<ChainStatus>;
}

export interface WrittenObject {
  readonly metadata: { readonly namespace: string; readonly name: string };
  readonly spec?: unknown;
}

export interface ChainWriterOptions {
  readonly client: KubernetesClient;
  readonly encoding: ChainEncoding;
}

const mergePatch = "application/merge-patch+json";
const jsonPatch = "application/json-patch+json";

export function createChainWriter({ client, encoding }: ChainWriterOptions): ChainWriter {
  async function call(what: string, request: ApiRequest): Promise<unknown> {
    return bodyOf(what, await client.request(request));
  }

  return {
    async createPath(path) {
      const { namespace, name, chain } = path;
      const what = `create path ${namespace}/${name}`;
      const owner = await call(what, { path: weftPath("serviceFunctionChains", namespace, chain) });
      const body = ownedBy(owner, encoding.encodePath({ ...path }));
      await call(what, { method: "POST", path: weftPath("serviceFunctionPaths", namespace), body });
    },

    async setPathActive(path, isActive) {
      const { namespace, name } = path;
      const what = `make path ${namespace}/${name} ${isActive ? "active" : "inactive"}`;
      const { spec } = encoding.encodePath({ ...path, isActive });
      const request = { path: weftPath("serviceFunctionPaths", namespace, name), contentType: mergePatch };
      await call(what, { ...request, method: "PATCH", body: { spec } });
    },

    async deletePath(namespace, name) {
      const request: ApiRequest = { method: "DELETE", path: weftPath("serviceFunctionPaths", namespace, name) };
      const answer = await client.request(request);
      if (answer.statusCode !== 404) bodyOf(`delete path ${namespace}/${name}`, answer);
    },

    async readChainStatus(namespace, name) {
      const answer = await client.request({ path: weftPath("serviceFunctionChains", namespace, name) });
      if (answer.statusCode === 404) return undefined;
      const what = `read the status of chain ${namespace}/${name}`;
      return statusOf(what, bodyOf(what, answer), encoding);
    },

    /** Replaces the status as a whole, so that nothing of an older one stays. */
    async updateChainStatus(namespace, name, status) {
      const path = `${weftPath("serviceFunctionChains", namespace, name)}/status`;
      const body = [{ op: "add", path: "/status", value: encoding.encodeChainStatus(status) }];
      const what = `write the status of chain ${namespace}/${name}`;
      await call(what, { method: "PATCH", path, contentType: jsonPatch, body });
    },
  };
}

/** Deleting the chain deletes it; nothing holds the chain's own deletion up. */
function ownedBy(owner: unknown, object: WrittenObject): object {
  const { uid = "", name = "" } = apiObjectOf(owner)?.metadata ?? {};
  const reference = { apiVersion: weftApiVersion, kind: "ServiceFunctionChain", name, uid, controller: true };
  return {
    ...object,
    metadata: { ...object.metadata, ownerReferences: [{ ...reference, blockOwnerDeletion: false }] },
  };
}

function statusOf(what: string, object: unknown, { parseChainStatus }: ChainEncoding): ChainStatus | undefined {
  if (!isRecord(object) || object.status === undefined) return undefined;
  const parsed = parseChainStatus(object);
  if (parsed.kind === "parsed") return parsed.value;
  throw new WeftError("manifest-invalid", `${what}: ${parsed.field}: ${parsed.reason}`);
}
