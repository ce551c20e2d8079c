/** Answers 1 kB to every request, behind a PROXY v2 header, or without one: `origin.ts PROTOCOL HOST PORT [bare]`. */
import { createServer } from "node:net";
import { encodeNotice, NOTICE } from "../../../mesh-proxy/codec/notice.ts";
import { readProxyHeader } from "../../../mesh-proxy/codec/proxy-protocol.ts";
import { type BenchProtocol, messagesOf } from "./messages.ts";

const [protocol, host, port, bare] = process.argv.slice(2);
const messages = messagesOf(protocol as BenchProtocol);

const server = createServer({ noDelay: true }, (socket) => {
  const read = messages.reader(
    (streamId) => socket.write(messages.response(streamId)),
    (bytes) => socket.write(bytes),
  );
  let start = bare === undefined ? Buffer.alloc(0) : undefined;
  if (start === undefined) socket.write(messages.serverHello);
  socket.on("error", () => socket.destroy());
  socket.on("data", (bytes: Buffer) => {
    if (start === undefined) return read(bytes);
    start = Buffer.concat([start, bytes]);
    const header = readProxyHeader(start, 0, start.length);
    if (header.kind !== "header") return;
    // As a proxy of Weft's does, where the one before it waits for that.
    if (header.tlvs.wantsNotices === true)
      socket.write(Buffer.concat([encodeNotice(NOTICE.taken), encodeNotice(NOTICE.accepted)]));
    socket.write(messages.serverHello);
    const rest = start.subarray(header.bytesUsed);
    start = undefined;
    read(rest);
  });
});
server.listen({ host, port: Number(port) }, () => process.send?.("listening"));
process.on("disconnect", () => process.exit(0));
