/** A chain of two functions for tests: client -> first -> second -> server, each pod with a real proxy. */
import { once } from "node:events";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import { connect } from "node:net";
import type { LocalFunction, MeshSnapshot, PathProof } from "../../core/model/mesh-snapshot.ts";
import type { AppProtocol } from "../../core/model/service.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { ProxyConfigInput } from "../../mesh-proxy/proxy-config.ts";
import { createTestMesh, type TestMesh, type TestPod, tcpServer, upstream } from "./mesh-proxy-setup.ts";

export const listenPort = 15010;
export const spi = 7;
export const chain = "n6";

export interface PathMesh {
  readonly mesh: TestMesh;
  readonly client: TestPod;
  readonly first: TestPod;
  readonly second: TestPod;
  readonly server: TestPod;
}

export interface PathOptions {
  readonly protocol?: AppProtocol;
  readonly function?: Partial<LocalFunction>;
  /** Set where flows prove their way, with what each hop signs with. */
  readonly proof?: PathProof;
  readonly hopKeys?: Readonly<Record<string, string | undefined>>;
  readonly ports: { readonly first: number; readonly second: number; readonly app: number };
}

/** @param clocks of pods that are not to go by the system's */
export async function createPathMesh(
  subnet: string,
  clocks: Readonly<Record<string, Clock | undefined>> = {},
  config: Partial<ProxyConfigInput> = {},
): Promise<PathMesh> {
  const mesh = createTestMesh(subnet);
  const pod = (name: string) => mesh.pod(`${name}-0`, config, clocks[name]);
  const [client, first] = [await pod("client"), await pod("first")];
  return { mesh, client, first, second: await pod("second"), server: await pod("server") };
}

/** Publishes the chain to all four, the classifier last. */
export async function applyPath({ client, first, second, server }: PathMesh, options: PathOptions): Promise<void> {
  const parts = pathParts({ client, first, second, server }, options);
  for (const [pod, part] of [[server, parts.server], [second, parts.second], [first, parts.first], [client, parts.client]] as const)
    await pod.apply(part); // biome-ignore format: pairs
}

type Parts = Partial<Pick<MeshSnapshot, "upstreams" | "hops" | "arrivals">>;

function pathParts(
  { first, second, server }: Omit<PathMesh, "mesh">,
  { protocol = "tcp", ports, proof, hopKeys, ...options }: PathOptions,
): Readonly<Record<"client" | "first" | "second" | "server", Parts>> {
  const hop = (serviceIndex: number, name: string, port: number, next: TestPod, nextPort: number) => ({
    chain,
    spi,
    serviceIndex,
    next: [next.endpoint(nextPort)],
    isSymmetric: true,
    proofKey: hopKeys?.[name],
    protocol,
    function: {
      name,
      port,
      hasProxyProtocol: false,
      failurePolicy: "Block" as const,
      mode: "Forward" as const,
      ...options.function,
    },
  });
  const path = { chain, spi, serviceIndex: 2, next: [first.endpoint(ports.first)], isProved: proof !== undefined };
  return {
    client: { upstreams: [upstream({ listenPort, protocol, endpoints: [server.endpoint(ports.app)], path })] },
    first: { hops: [hop(2, "fw", ports.first, second, ports.second)] },
    second: { hops: [hop(1, "dpi", ports.second, server, ports.app)] },
    server: { arrivals: [{ chain, spi, proof }] },
  };
}

/** A function that passes bytes on, each piece once `release` allows it. */
export async function passingFunction({ mesh }: PathMesh, pod: TestPod, release: () => Promise<void> = async () => {}) {
  const app = await tcpServer(pod.address, (socket) => {
    let before = Promise.resolve();
    const inTurn = (call: () => unknown) => {
      before = before.then(() => void call());
    };
    socket.on("data", (bytes: Buffer) => {
      before = before.then(release);
      inTurn(() => socket.write(bytes));
    });
    socket.on("end", () => inTurn(() => socket.end()));
  });
  mesh.onStop(app.close);
  return app;
}

export async function echoApp({ mesh, server }: PathMesh): Promise<number> {
  const app = await tcpServer(server.address, (socket) => socket.pipe(socket));
  mesh.onStop(app.close);
  return app.port;
}

export async function httpApp(
  { mesh, server }: PathMesh,
  answer: (request: IncomingMessage, response: ServerResponse) => void = (_, response) => response.end("ok"),
): Promise<number> {
  const app = createServer(answer);
  app.listen(0, server.address);
  await once(app, "listening");
  mesh.onStop(() => {
    app.closeAllConnections();
    app.close();
  });
  return (app.address() as { port: number }).port;
}

/** Sends text as a flow of its own. @throws when the flow is reset */
export async function exchange({ mesh, client }: PathMesh, text: string): Promise<string> {
  const socket = connect({ host: client.address, port: listenPort, allowHalfOpen: true });
  mesh.onStop(() => socket.destroy());
  socket.end(text);
  let answer = "";
  for await (const piece of socket) answer += piece;
  return answer;
}

/** One request on a connection of its own. */
export async function ask({ client }: PathMesh, path: string): Promise<number> {
  const outgoing = request({ host: client.address, port: listenPort, path, agent: false });
  outgoing.end();
  const [incoming] = (await once(outgoing, "response")) as [IncomingMessage];
  incoming.resume();
  await once(incoming, "end");
  return incoming.statusCode ?? 0;
}
