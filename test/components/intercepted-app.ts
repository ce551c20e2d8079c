/**
 * An application that knows nothing of a mesh: `node intercepted-app.ts NAME`, on all addresses. HTTP says who answers and who asked; on
 * the others the server speaks first, and then says everything back. UDP says everything back.
 */
import { createSocket } from "node:dgram";
import { createServer as createHttpServer } from "node:http";
import { createServer as createHttp2Server } from "node:http2";
import { createServer } from "node:net";
import { appPorts } from "./intercepted-app-ports.ts";

const name = process.argv[2] ?? "";

for (const [port, host] of [
  ...appPorts.http.map((one) => [one, "::"] as const),
  [appPorts.loopback, "127.0.0.1"],
] as const) {
  createHttpServer(({ socket: { remoteAddress, remotePort } }, response) => {
    response.end(JSON.stringify({ name, remoteAddress, remotePort }));
  }).listen(port, host);
}
for (const port of appPorts.serverFirst) {
  createServer((socket) => {
    socket.on("error", () => {});
    socket.write(`220 ${name}\n`);
    socket.pipe(socket);
  }).listen(port, "::");
}
createServer((socket) => socket.on("error", () => {}).pipe(socket)).listen(appPorts.function, "::");
createHttp2Server((_, response) => response.end(JSON.stringify({ name }))).listen(appPorts.http2, "::");
const datagrams = createSocket("udp6");
datagrams.on("message", (bytes, { port, address }) => datagrams.send(`${name} ${bytes}`, port, address));
datagrams.bind(appPorts.udp, "::", () => process.stdout.write("serves\n"));
