import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface ScriptedPrometheus {
  readonly url: string;
  stop(): void;
}

/** Its only series is the traffic of one workload to another, which grows by 100 kB with every question. */
export async function startScriptedPrometheus(
  namespace: string,
  source: string,
  destination: string,
): Promise<ScriptedPrometheus> {
  const metric = {
    __name__: "istio_tcp_received_bytes_total",
    reporter: "destination",
    source_workload: source,
    source_workload_namespace: namespace,
    destination_workload: destination,
    destination_workload_namespace: namespace,
  };
  let bytes = 0;
  const server = createServer((request, response) => {
    bytes += 100_000;
    const result = [{ metric, value: [Date.now() / 1000, String(bytes)] }];
    request.resume();
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ status: "success", data: { resultType: "vector", result } }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}
