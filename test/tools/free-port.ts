/** Loopback ports for programs that cannot choose one for themselves. */
import { randomInt } from "node:crypto";
import { createServer } from "node:net";

const attemptsMax = 50;

/**
 * A TCP port on 127.0.0.1 that nothing listens on now. It lies below the ephemeral range (32768 and up on Linux), so that
 * no outgoing connection takes it before the program does.
 */
export async function findFreePort(): Promise<number> {
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    const port = randomInt(20_000, 32_000);
    if (await canListen(port)) return port;
  }
  throw new Error(`no free loopback port in ${attemptsMax} attempts`);
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ port, host: "127.0.0.1", exclusive: true }, () => server.close(() => resolve(true)));
  });
}
