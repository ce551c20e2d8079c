/** Takes bytes behind a PROXY v2 header, throws them away and answers at the end how many: `bulk-origin.ts HOST PORT`. */
import { createServer } from "node:net";
import { encodeNotice, NOTICE } from "../../../mesh-proxy/codec/notice.ts";
import { readProxyHeader } from "../../../mesh-proxy/codec/proxy-protocol.ts";

const [host, port] = process.argv.slice(2);

const server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => {
  let byteCount = 0;
  let start: Buffer | undefined = Buffer.alloc(0);
  socket.on("error", () => socket.destroy());
  socket.on("data", (bytes: Buffer) => {
    byteCount += bytes.length;
    if (start === undefined) return;
    start = Buffer.concat([start, bytes]);
    const header = readProxyHeader(start, 0, start.length);
    if (header.kind !== "header") return;
    if (header.tlvs.wantsNotices === true)
      socket.write(Buffer.concat([encodeNotice(NOTICE.taken), encodeNotice(NOTICE.accepted)]));
    byteCount = start.length - header.bytesUsed;
    start = undefined;
  });
  socket.on("end", () => socket.end(String(byteCount)));
});
server.listen({ host, port: Number(port) }, () => process.send?.("listening"));
process.on("disconnect", () => process.exit(0));
