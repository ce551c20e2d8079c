/** Asks mesh-control where a pod's proxy is. */
import { z } from "zod";
import { proxyAdminUrl } from "../../core/model/mesh-snapshot.ts";
import { WeftError } from "../../core/model/weft-error.ts";
import { askJson, urlUnder } from "../chain/ask-json.ts";

const answer = z.looseObject({
  proxies: z.array(z.looseObject({ proxy: z.string(), address: z.string().optional() })),
});

const TIMEOUT_MS = 10_000;

/** @throws WeftError as `askJson`, config-invalid for a pod that is none of the mesh */
export async function podAdminUrl(controlUrl: string, namespace: string, pod: string | undefined): Promise<string> {
  if (pod === undefined) throw new WeftError("config-invalid", "say which pod, or where its proxy is with --admin");
  const url = urlUnder(controlUrl, "v1/proxies", "--control-url");
  const { proxies } = await askJson({ url, schema: answer, timeoutMs: TIMEOUT_MS, who: "mesh-control" });
  const found = proxies.find(({ proxy }) => proxy === `${namespace}/${pod}`);
  if (found?.address !== undefined) return proxyAdminUrl(found.address);
  throw new WeftError("config-invalid", `${namespace}/${pod} is no pod of the mesh that has an address`);
}
