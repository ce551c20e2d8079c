/** Runs a server until SIGTERM or SIGINT, then lets it stop; a second signal does not wait. */
import type { Log } from "../core/ports/log.ts";

const EXIT_IMPATIENT = 130;

export async function runUntilSignal(log: Log, stop: () => Promise<unknown>): Promise<void> {
  const signal = await nextSignal();
  log.info("stopping", { signal });
  const impatient = nextSignal().then(() => process.exit(EXIT_IMPATIENT));
  await Promise.race([stop(), impatient]);
  log.info("stopped");
  // Sockets that clients keep open must not keep the process.
  process.exit(0);
}

function nextSignal(): Promise<NodeJS.Signals> {
  const { promise, resolve } = Promise.withResolvers<NodeJS.Signals>();
  process.once("SIGTERM", resolve);
  process.once("SIGINT", resolve);
  return promise;
}
