import type { ProxyContext } from "../proxy-context.ts";
import type { Leg } from "../steer/leg.ts";

/** Ends a leg on which everything is said. A far side that does not answer with its own end of stream is not waited for long. */
export function endInOrder({ clock, config }: ProxyContext, { group, response }: Leg): void {
  response.onBytes = () => true;
  response.onEnd = () => {};
  group.end();
  response.resume();
  const cancel = clock.after(config.connectTimeoutMs, () => group.reset());
  const { onEmpty } = group;
  group.onEmpty = () => {
    cancel();
    onEmpty();
  };
}
