/** Meters a connection between proxies that is passed on as it comes. */
import { ConnectionMeter, type ConnectionMeterOptions } from "../meter/connection-meter.ts";
import type { ProxyContext } from "../proxy-context.ts";
import type { ByteSocket } from "../relay/byte-socket.ts";
import type { Leg, LegMesh } from "./leg.ts";

export function meterConnection(
  { clock, config, own, log, observer }: ProxyContext,
  socket: ByteSocket,
  how: Pick<ConnectionMeterOptions, "isDialled" | "seriesFor" | "hop" | "onOutcome" | "facts">,
): ConnectionMeter {
  const onUnfollowed = (reason: string) => {
    own.unfollowedCount++;
    log.debug("HTTP on a connection is no longer followed", { reason });
  };
  return new ConnectionMeter(socket, { ...how, observer, clock, headBytesMax: config.headBytesMax, onUnfollowed });
}

/** The connection to the next proxy that a leg begins with. */
export function meterDialled(
  context: ProxyContext,
  { health }: Leg,
  { mesh, hop, facts }: { readonly mesh: LegMesh } & Pick<ConnectionMeterOptions, "hop" | "facts">,
): ConnectionMeter {
  const { socket, seriesFor } = mesh;
  return meterConnection(context, socket, { isDialled: true, seriesFor, hop, facts, onOutcome: health?.requestOver });
}
