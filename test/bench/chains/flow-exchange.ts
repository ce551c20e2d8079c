/** One client's connection to an upstream, and requests on it, one at a time, by the protocol's own means. */
import { once } from "node:events";
import { Agent, request } from "node:http";
import { type ClientHttp2Session, connect as connectH2 } from "node:http2";
import { connect, type Socket } from "node:net";
import type { FlowProtocol } from "./chain-world.ts";

export interface FlowTarget {
  readonly protocol: FlowProtocol;
  readonly host: string;
  readonly port: number;
  /** For HTTP/1.1: whether a proxy may not send a request again. */
  readonly isPost: boolean;
}

export interface FlowExchange {
  /** Port of the client's end of the newest connection. */
  readonly localPort: number;
  /** Connections that were opened. */
  readonly openedCount: number;
  /** Asks once, on the open connection or on a new one. Rejects when no whole answer comes. */
  ask(): Promise<void>;
  close(): void;
}

export function flowExchange(target: FlowTarget): FlowExchange {
  switch (target.protocol) {
    case "http1":
      return http1Exchange(target);
    case "tcp":
      return tcpExchange(target);
    case "h2c":
      return h2cExchange(target);
  }
}

/** Below what the kernel gives away itself. */
const [localPortFirst, localPortCount] = [20_000, 12_000];
let connectionCount = 0;

/** Functions tell flows apart by their local ports, and the kernel gives one to several connections whose destinations differ. */
function connectAlone({ host, port }: FlowTarget): Socket {
  return connect({ host, port, localPort: localPortFirst + (connectionCount++ % localPortCount), noDelay: true });
}

function http1Exchange(target: FlowTarget): FlowExchange {
  const { host, port, isPost } = target;
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  let [localPort, openedCount] = [0, 0];
  agent.createConnection = () => {
    openedCount++;
    return connectAlone(target).once("connect", function (this: Socket) {
      localPort = this.localPort ?? 0;
    });
  };
  return {
    get localPort() {
      return localPort;
    },
    get openedCount() {
      return openedCount;
    },
    ask: () =>
      new Promise((resolve, reject) => {
        const what = isPost ? { method: "POST", path: "/sink" } : { method: "GET", path: "/objects/200" };
        const outgoing = request({ host, port, agent, ...what, headers: { "content-length": isPost ? 2 : 0 } });
        outgoing.on("error", reject);
        outgoing.on("response", (response) => {
          response.on("error", reject);
          response.on("end", () =>
            response.statusCode === undefined || response.statusCode >= 300
              ? reject(new Error(`status ${response.statusCode}`))
              : resolve(),
          );
          response.resume();
        });
        outgoing.end(isPost ? "{}" : undefined);
      }),
    close: () => agent.destroy(),
  };
}

const line = Buffer.from("is anybody there?\n");

function tcpExchange(target: FlowTarget): FlowExchange {
  let socket: Socket | undefined;
  let openedCount = 0;
  return {
    get localPort() {
      return socket?.localPort ?? 0;
    },
    get openedCount() {
      return openedCount;
    },
    async ask() {
      const open = socket && !socket.destroyed ? socket : connectAlone(target);
      if (open !== socket) {
        socket = open;
        openedCount++;
        open.on("error", () => {});
        open.on("end", () => open.destroy());
        await new Promise<void>((resolve, reject) => {
          open.once("connect", resolve);
          open.once("close", () => reject(new Error("not connected")));
        });
      }
      let missing = line.length;
      await new Promise<void>((resolve, reject) => {
        const lost = () => reject(new Error("flow was reset"));
        const read = (bytes: Buffer) => {
          missing -= bytes.length;
          if (missing > 0) return;
          open.off("data", read);
          open.off("close", lost);
          resolve();
        };
        open.on("data", read);
        open.once("close", lost);
        open.write(line);
      });
    },
    close: () => socket?.destroy(),
  };
}

function h2cExchange(target: FlowTarget): FlowExchange {
  let session: ClientHttp2Session | undefined;
  let [localPort, openedCount] = [0, 0];
  return {
    get localPort() {
      return localPort;
    },
    get openedCount() {
      return openedCount;
    },
    async ask() {
      const isUsable = session && !session.destroyed && !session.closed;
      const open =
        session && isUsable
          ? session
          : connectH2(`http://${target.host}:${target.port}`, { createConnection: () => connectAlone(target) });
      if (open !== session) {
        session = open;
        openedCount++;
        open.on("error", () => {});
        open.on("goaway", () => open.close());
        open.once("connect", (_, socket) => (localPort = (socket as Socket).localPort ?? 0));
      }
      const stream = open.request({ ":path": "/" });
      stream.resume();
      const [headers] = await Promise.race([
        once(stream, "response"),
        once(stream, "close").then(() => {
          throw new Error("no answer");
        }),
      ]);
      if (headers[":status"] !== 200) throw new Error(`status ${headers[":status"]}`);
      if (!stream.closed) await once(stream, "close");
      if (stream.rstCode !== 0) throw new Error(`stream was reset: ${stream.rstCode}`);
    },
    close: () => session?.destroy(),
  };
}
