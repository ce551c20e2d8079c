/** Asks mesh-control where a chain's proxies are. */
import { z } from "zod";
import { proxyAdminPort } from "../../core/model/mesh-snapshot.ts";
import { WeftError } from "../../core/model/weft-error.ts";
import { askJson, urlUnder } from "./ask-json.ts";

export interface ChainName {
  readonly namespace: string;
  readonly chain: string;
}

const place = z.looseObject({ pod: z.string(), node: z.string(), address: z.string() });
const chainProxies = z.looseObject({ classifiers: z.array(place), hops: z.array(place) });

type ChainProxies = z.infer<typeof chainProxies>;
type ProxyPlace = z.infer<typeof place>;

const TIMEOUT_MS = 10_000;

/** @throws WeftError as `askJson`, config-invalid for a URL that is none */
function findProxies(controlUrl: string, { namespace, chain }: ChainName): Promise<ChainProxies> {
  const path = `v1/chains/${encodeURIComponent(namespace)}/${encodeURIComponent(chain)}`;
  const url = urlUnder(controlUrl, path, "--control-url");
  return askJson({ url, schema: chainProxies, timeoutMs: TIMEOUT_MS, who: "mesh-control" });
}

/** The admin port of the proxy that puts traffic on the chain: that of the pod `from`, or of the first there is. */
export async function classifierUrl(controlUrl: string, name: ChainName, from: string | undefined): Promise<string> {
  const { classifiers } = await findProxies(controlUrl, name);
  const wanted = from === undefined ? undefined : `${name.namespace}/${from}`;
  const found = wanted === undefined ? classifiers[0] : classifiers.find(({ pod }) => pod === wanted);
  if (found !== undefined) return adminUrl(found);
  const who = wanted === undefined ? "no live pod is there whose" : `${wanted} is no live pod whose`;
  throw new WeftError("chain-unknown", `${who} traffic the chain ${name.namespace}/${name.chain} takes`);
}

/** The admin ports of all of a chain's proxies. */
export async function proxyUrls(controlUrl: string, name: ChainName): Promise<readonly string[]> {
  const { classifiers, hops } = await findProxies(controlUrl, name);
  return [...new Set([...classifiers, ...hops].map(adminUrl))];
}

function adminUrl({ address }: ProxyPlace): string {
  return `http://${address.includes(":") ? `[${address}]` : address}:${proxyAdminPort}`;
}
