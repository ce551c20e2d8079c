/** An HTTP server on loopback that answers every request with a text that can be changed. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface TextServer {
  readonly address: string;
  readonly url: string;
  text: string;
  status: number;
  /** Takes requests and answers none. */
  isMute: boolean;
  readonly requests: number;
  /** Refuses connections from now on. Again is no error. */
  close(): Promise<void>;
}

export async function startTextServer(text = ""): Promise<TextServer> {
  let requests = 0;
  const server = createServer((_, response) => {
    requests += 1;
    if (!textServer.isMute)
      response.writeHead(textServer.status, { "content-type": "text/plain" }).end(textServer.text);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const textServer: TextServer = {
    address,
    url: `http://${address}/metrics`,
    text,
    status: 200,
    isMute: false,
    get requests() {
      return requests;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return textServer;
}
