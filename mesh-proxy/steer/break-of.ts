import type { HopBreak } from "../meter/hop-series.ts";
import type { ByteSocket } from "../relay/byte-socket.ts";
import type { Leg } from "./leg.ts";

/** Which side of a hop broke off, by the first of its sockets that did. */
export function breakOf({ endpoint, onward }: Leg, socket: ByteSocket): HopBreak {
  if (endpoint === undefined) return "app_reset";
  return socket === onward ? "onward_reset" : "function_reset";
}
