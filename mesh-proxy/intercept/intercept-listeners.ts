/** The listeners to which `weft intercept` has the kernel redirect connections. */
import { messageOf, WeftError } from "../../core/model/weft-error.ts";
import { loadSystemCalls } from "../../platform/system-calls/load-system-calls.ts";
import type { SystemCalls } from "../../platform/system-calls/system-calls.ts";
import type { ProxyContext } from "../proxy-context.ts";
import type { ProxyParts } from "../proxy-parts.ts";
import { type Listener, listen } from "../relay/listen.ts";
import { acceptArriving } from "./accept-arriving.ts";
import { acceptDialled } from "./accept-dialled.ts";
import { PassThrough } from "./pass-through.ts";
import { type Accept, SnapshotHold } from "./snapshot-hold.ts";

export interface InterceptListeners {
  close(): Promise<void>;
}

/** @throws WeftError listen-failed, also where the kernel cannot be asked where connections were going */
export async function openInterceptListeners(
  context: ProxyContext,
  { http2, running }: Pick<ProxyParts, "http2" | "running">,
): Promise<InterceptListeners> {
  const { interceptOutboundPort, interceptInboundPort } = context.config;
  const open: Listener[] = [];
  const hold = new SnapshotHold(context, running);
  const close = async () => {
    hold.close();
    await Promise.all(open.map((listener) => listener.close()));
  };
  if (interceptOutboundPort === undefined && interceptInboundPort === undefined) return { close };
  const calls = await systemCalls();
  try {
    if (interceptOutboundPort !== undefined) {
      const interceptor = { calls, http2, passThrough: new PassThrough(context) };
      const accept = hold.before((socket) => void acceptDialled(context, interceptor, socket));
      // A redirected connection goes to the loopback of its family.
      open.push(await listenOn(context, { host: "127.0.0.1", port: interceptOutboundPort, accept }));
      const ipv6 = await unlessWithoutIpv6(listenOn(context, { host: "::1", port: interceptOutboundPort, accept }));
      if (ipv6 !== undefined) open.push(ipv6);
    }
    if (interceptInboundPort !== undefined) {
      const accept = hold.before((socket) => void acceptArriving(context, calls, socket));
      // Of both families, to whichever of the pod's addresses the kernel redirects.
      const both = await unlessWithoutIpv6(listenOn(context, { host: "::", port: interceptInboundPort, accept }));
      open.push(both ?? (await listenOn(context, { host: "0.0.0.0", port: interceptInboundPort, accept })));
    }
  } catch (error) {
    await close();
    throw error;
  }
  context.log.info("takes connections that the kernel redirects", { interceptOutboundPort, interceptInboundPort });
  return { close };
}

interface ListenOn {
  readonly host: string;
  readonly port: number;
  readonly accept: Accept;
}

function listenOn({ buffers, log, config }: ProxyContext, { host, port, accept }: ListenOn): Promise<Listener> {
  const onError = (error: Error) => log.warn("interception listener failed", { host, port, error: error.message });
  return listen({ host, port, isShared: config.workers > 1, buffers, onConnection: accept, onError });
}

const withoutIpv6: ReadonlySet<unknown> = new Set(["EAFNOSUPPORT", "EADDRNOTAVAIL"]);

async function unlessWithoutIpv6(opening: Promise<Listener>): Promise<Listener | undefined> {
  try {
    return await opening;
  } catch (error) {
    const cause = error instanceof WeftError ? (error.cause as NodeJS.ErrnoException | undefined) : undefined;
    if (withoutIpv6.has(cause?.code)) return undefined;
    throw error;
  }
}

async function systemCalls(): Promise<SystemCalls> {
  const loaded = await loadSystemCalls();
  if (loaded.kind === "loaded") return loaded.calls;
  const message = `intercepted connections cannot be taken: ${messageOf(loaded.reason)}`;
  throw new WeftError("listen-failed", message);
}
