/**
 * Stands in for the Prometheus of a cluster whose slices have been running for long: every flow of every slice at the rate that the
 * lab metered. A process of its own; the argument is the slices' names.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { measuredFlows } from "./measured-flows.ts";

const namespaces = process.argv[2]?.split(",") ?? [];
const { flows } = measuredFlows();
const startedMs = performance.now();
const firstSeconds = 86_400;

const server = createServer((request, response) => {
  request.resume().on("end", () => {
    const seconds = firstSeconds + (performance.now() - startedMs) / 1000;
    const result = namespaces.flatMap((namespace) => seriesOf(namespace, seconds));
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ status: "success", data: { resultType: "vector", result } }));
  });
});
server.listen(0, "127.0.0.1", () => {
  process.send?.({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
});

function seriesOf(namespace: string, seconds: number): readonly object[] {
  return flows.flatMap(({ source, destination, requestBytesPerSecond, responseBytesPerSecond }) => {
    const labels = {
      reporter: "destination",
      source_workload: source,
      source_workload_namespace: namespace,
      destination_workload: destination,
      destination_workload_namespace: namespace,
    };
    return [
      { __name__: "istio_tcp_received_bytes_total", rate: requestBytesPerSecond },
      { __name__: "istio_tcp_sent_bytes_total", rate: responseBytesPerSecond },
    ].map(({ __name__, rate }) => ({
      metric: { __name__, ...labels },
      value: [Date.now() / 1000, String(Math.round(rate * seconds))],
    }));
  });
}
process.once("disconnect", () => process.exit());
