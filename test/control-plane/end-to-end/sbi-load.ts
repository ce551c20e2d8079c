/**
 * Requests to a function's service-based interface from outside the mesh, as from a consumer whose pod has no proxy: what the
 * function then asks of others goes through its own proxy, and only that is metered.
 */
import { SbiClient } from "../../../cnf-samples/sbi/sbi-client.ts";
import type { SbiCall } from "../../../cnf-samples/sbi/sbi-exchange.ts";

export interface SbiLoad {
  /** Replies with a status below 400 so far. */
  answered(): number;
  /** The first other reply, as text. */
  refusal(): string | undefined;
  /** Resolves when the last request is over. */
  stop(): Promise<void>;
}

const limits = {
  bodyBytesMax: 65_536,
  streamsPerConnectionMax: 16,
  connectionsPerUpstream: 1,
  requestsPerConnectionMax: 1_000_000,
  queueLengthMax: 0,
  requestTimeoutMs: 5000,
};
/** So that the load does not take the processor from what it is there to test. */
const requestEveryMs = 5;

/** One request every 5 ms, fewer where the answers take longer. `callOf` gets a number that grows by one. */
export function startSbiLoad(url: string, callOf: (index: number) => SbiCall): SbiLoad {
  const client = new SbiClient({ url, userAgent: "AMF-outside-the-mesh", limits });
  let [answered, index] = [0, 0];
  let refusal: string | undefined;
  let underWay: Promise<void> | undefined;

  async function once(): Promise<void> {
    const { status, body } = await client.call(callOf(index++));
    if (status < 400) answered += 1;
    else refusal ??= `${status} ${JSON.stringify(body)}`;
  }

  const timer = setInterval(() => {
    underWay ??= once().finally(() => {
      underWay = undefined;
    });
  }, requestEveryMs);
  return {
    answered: () => answered,
    refusal: () => refusal,
    async stop() {
      clearInterval(timer);
      await underWay;
      client.stop();
    },
  };
}
