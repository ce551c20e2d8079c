/**
 * The least that an extender can do, in a process of its own: reads each body and gives every node the same score. It looks at
 * nothing, so what it costs is what kube-scheduler pays for having any extender.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { nodeName } from "./bench-nodes.ts";

const nodeCount = Number(process.argv[2]);
const names = Array.from({ length: nodeCount }, (_, index) => nodeName(index));
const answers: Readonly<Record<string, Buffer>> = {
  "/prioritize": Buffer.from(JSON.stringify(names.map((Host) => ({ Host, Score: 0 })))),
  "/filter": Buffer.from(JSON.stringify({ NodeNames: names, FailedNodes: {}, Error: "" })),
};

// kube-scheduler keeps idle connections for 90 s.
const server = createServer({ keepAliveTimeout: 120_000 }, (request, response) => {
  request.resume().on("end", () => {
    const answer = answers[request.url ?? ""];
    response.writeHead(answer ? 200 : 404, { "content-type": "application/json" }).end(answer);
  });
});
server.listen(0, "127.0.0.1", () => {
  process.send?.({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
});
process.once("disconnect", () => process.exit());
