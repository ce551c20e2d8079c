/** An extender that lets each pod have one node only, so that kube-scheduler's own filters decide whether it may stand there. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";

export interface OneNodeExtender {
  readonly url: string;
  /** By pod key. A pod that is not named has no node. */
  nodes: ReadonlyMap<string, string>;
  close(): Promise<void>;
}

interface ExtenderArgs {
  readonly Pod: { readonly metadata: { readonly namespace: string; readonly name: string } };
  readonly NodeNames: readonly string[];
}

export async function startOneNodeExtender(): Promise<OneNodeExtender> {
  const server = createServer(async (request, response) => {
    const { Pod, NodeNames } = JSON.parse((await buffer(request)).toString()) as ExtenderArgs;
    const node = extender.nodes.get(`${Pod.metadata.namespace}/${Pod.metadata.name}`);
    const answer = { NodeNames: NodeNames.filter((name) => name === node), FailedNodes: {}, Error: "" };
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const extender: OneNodeExtender = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    nodes: new Map(),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return extender;
}
