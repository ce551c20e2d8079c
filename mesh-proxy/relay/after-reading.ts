/** Time limits on others that this process's own delays do not use up. */
import type { Clock } from "../../core/ports/clock.ts";

/** Like `clock.after`, but what has come meanwhile is read first: a timer that is due goes before sockets that are. */
export function afterReading(clock: Clock, delayMs: number, call: () => void): () => void {
  let cancel = clock.after(delayMs, () => {
    cancel = clock.after(0, call);
  });
  return () => cancel();
}
