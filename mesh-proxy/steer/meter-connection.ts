/** Meters a connection between proxies that is passed on as it comes. */
import { ConnectionMeter, type ConnectionMeterOptions } from "../meter/connection-meter.ts";
import type { ProxyContext } from "../proxy-context.ts";
import type { ByteSocket } from "../relay/byte-socket.ts";

export function meterConnection(
  { clock, config, own, log }: ProxyContext,
  socket: ByteSocket,
  how: Pick<ConnectionMeterOptions, "isDialled" | "seriesFor" | "hop">,
): ConnectionMeter {
  const onUnfollowed = (reason: string) => {
    own.unfollowedCount++;
    log.debug("HTTP on a connection is no longer followed", { reason });
  };
  return new ConnectionMeter(socket, { ...how, clock, headBytesMax: config.headBytesMax, onUnfollowed });
}
