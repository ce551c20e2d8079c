import { z } from "zod";
import { meshPort, proxyAdminPort, proxyOnwardPort } from "../core/model/mesh-snapshot.ts";

const port = z.int().min(0).max(65_535);
const share = z.number().min(0).max(1);
const durationMs = z.int().min(1).max(86_400_000);

/** Port 0 takes any free one; `startProxy` answers with the addresses it got. */
export const proxyConfigSchema = z.strictObject({
  namespace: z.string().min(1).describe("Namespace of the pod that this proxy belongs to."),
  pod: z.string().min(1).describe("Name of that pod."),
  podAddress: z
    .union([z.ipv4(), z.ipv6()], { error: "must be an IP address" })
    .describe("The pod's address: peers are dialled from it, and dial it."),
  appHost: z.string().min(1).default("127.0.0.1").describe("Where the pod's application and its function listen."),
  upstreamHost: z.string().min(1).default("127.0.0.1").describe("Where the listeners for upstreams listen."),
  adminHost: z
    .string()
    .min(1)
    .optional()
    .describe("Where /metrics, /livez, /readyz and /config listen; podAddress unless set."),
  meshPort: port.default(meshPort).describe("Port for traffic from mesh peers."),
  adminPort: port.default(proxyAdminPort).describe("Port of /metrics, /livez, /readyz and /config."),
  onwardPort: port
    .default(proxyOnwardPort)
    .describe(
      "Port on upstreamHost where a function in mode Terminate opens what goes on; open only while there is one.",
    ),
  interceptOutboundPort: port
    .optional()
    .describe(
      "Port on the loopback where connections of the pod's application that the kernel redirects arrive; off unless set.",
    ),
  interceptInboundPort: port
    .optional()
    .describe("Port on all addresses where connections to the pod that the kernel redirects arrive; off unless set."),
  interceptUnknown: z
    .enum(["pass", "refuse"])
    .default("pass")
    .describe(
      "What becomes of intercepted connections to where the mesh knows no Service: they go there as they are, or are reset.",
    ),
  detectTimeoutMs: durationMs
    .max(10_000)
    .default(200)
    .describe(
      "Of an intercepted connection to a port whose protocol nobody declared, the first bytes are waited for, ms; then it is TCP.",
    ),
  opaquePorts: z
    .array(z.int().min(1).max(65_535))
    .max(1000)
    .default([25, 587, 3306, 4444, 5432, 6379, 9300, 11_211])
    .describe(
      "Ports of Services, declared nowhere, that are TCP without a wait: such as those where servers speak first.",
    ),
  controlUrl: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe("Base URL of mesh-control; snapshots come from it and reports go to it."),
  snapshotFile: z.string().min(1).optional().describe("A file with one snapshot as JSON, instead of controlUrl."),
  certificateFile: z
    .string()
    .min(1)
    .optional()
    .describe(
      "The pod's X.509 certificate with a SPIFFE id, PEM, and those between it and the bundle's; without it there is no TLS.",
    ),
  keyFile: z.string().min(1).optional().describe("The certificate's private key, PEM."),
  trustBundleFile: z
    .string()
    .min(1)
    .optional()
    .describe("Certificates of the authorities that peers' certificates are signed by, PEM."),
  certificatePollMs: durationMs.default(10_000).describe("Time between two looks at these files for new ones, ms."),
  workers: z
    .int()
    .min(1)
    .max(64)
    .default(1)
    .describe(
      "Processes that carry traffic on the same ports; limits of connections, sessions, breakers and rates are of each.",
    ),
  connectionsMax: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(10_000)
    .describe("Accepted connections at a time; more are closed."),
  bufferBytes: z
    .int()
    .min(1024)
    .max(16_777_216)
    .default(65_536)
    .describe("Read buffer of each socket, bytes; also the most that waits on a slow reader."),
  tapBytesMax: z
    .int()
    .min(1024)
    .max(1_073_741_824)
    .default(1_048_576)
    .describe("Most that waits of one direction of a flow for a tap that is slow, bytes; then the tap loses the rest."),
  tapsBytesMax: z
    .int()
    .min(1024)
    .max(68_719_476_736)
    .default(67_108_864)
    .describe("Most that waits for all taps together, bytes."),
  headBytesMax: z.int().min(256).max(1_048_576).default(16_384).describe("Longest HTTP/1.1 head, bytes."),
  seriesMax: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(2_000)
    .describe(
      "Traffic series at a time; more are not labelled. Hops of paths, too: more drop the one used longest ago.",
    ),
  nodePairsMax: z
    .int()
    .min(1)
    .max(100_000)
    .default(1_000)
    .describe("Nodes to which connect times are kept; more drop the one dialled longest ago."),
  idleTimeoutMs: durationMs.default(3_600_000).describe("A connection without a byte for this long is closed, ms."),
  udpSessionsMax: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(10_000)
    .describe("UDP sessions at a time, and as many clients of the pod's application; new ones are refused."),
  udpIdleTimeoutMs: durationMs
    .default(120_000)
    .describe("A client's UDP session without a datagram for this long is over, ms (RFC 4787, section 4.3)."),
  udpTunnelIdleTimeoutMs: durationMs
    .default(3_600_000)
    .describe("The same for a tunnel of GTP-U or a session of PFCP, ms."),
  udpReceiveBufferBytes: z
    .int()
    .min(4096)
    .max(1_073_741_824)
    .default(1_048_576)
    .describe("What the kernel is asked to keep for each UDP socket, bytes; it gives at most net.core.rmem_max."),
  prefaceTimeoutMs: durationMs.default(5_000).describe("A peer's PROXY header must be complete within this, ms."),
  serverNameTimeoutMs: durationMs
    .default(500)
    .describe("Where a chain is by server name, a client that says nothing for this long has none, ms."),
  connectTimeoutMs: durationMs.default(2_000).describe("One attempt to connect, ms."),
  takenTimeoutMs: durationMs
    .default(500)
    .describe("While there is another to try: to be connected within this, ms, and to be told that a proxy is there."),
  acceptTimeoutMs: durationMs
    .default(10_000)
    .describe("Then it must say that its function or application is there, and the rest of the path, within this, ms."),
  connectAttemptsMax: z.int().min(1).max(16).default(3).describe("Endpoints tried for one connection."),
  ejectionMs: durationMs
    .default(5_000)
    .describe("An endpoint that refused is passed over for this long, ms; then one flow at a time may try it."),
  ejectionMsMax: durationMs.default(60_000).describe("It doubles each time that it fails again, up to this, ms."),
  failuresMax: z
    .int()
    .min(1)
    .max(1000)
    .default(3)
    .describe("Requests or connections in a row that break off unanswered, after which an endpoint is passed over."),
  silenceTimeoutMs: durationMs
    .default(600)
    .describe("An endpoint whose host gives no sign of life for this long is passed over, its connections reset, ms."),
  responseTimeoutMs: durationMs
    .optional()
    .describe("An HTTP/1.1 answer must begin within this, ms; else its endpoint is passed over. No limit unless set."),
  retryBudgetPercent: z
    .number()
    .min(0)
    .max(100)
    .default(20)
    .describe("Retries that routes may make to a Service, in a hundred of its requests of the last 10 s."),
  retriesPerSecondMin: z
    .int()
    .min(0)
    .max(1_000_000)
    .default(10)
    .describe("Retries a second to a Service that are allowed however few its requests are."),
  slowPartMin: z
    .number()
    .min(0.01)
    .max(1)
    .default(1)
    .describe("An instance that answers HTTP slower than the others keeps at least this part of its weight; 1 is off."),
  http2Balancing: z
    .enum(["request", "connection"])
    .default("request")
    .describe(
      "Whether each request of HTTP/2 in clear text to an upstream of protocol h2c finds its own endpoint, or a connection stays with one.",
    ),
  http2StreamsMax: z
    .int()
    .min(1)
    .max(10_000)
    .default(256)
    .describe("Requests that a client may have open at a time on one connection of HTTP/2; more are refused."),
  http2WindowBytes: z
    .int()
    .min(65_535)
    .max(16_777_216)
    .default(65_535)
    .describe("Most that waits of each direction of a request of HTTP/2 for a slow reader, bytes."),
  kernelRelay: z
    .enum(["auto", "off", "required"])
    .default("off")
    .describe(
      "Whether the kernel relays plain TCP, for which it asks CAP_BPF and CAP_NET_ADMIN: if it can; never; else no start.",
    ),
  drainMs: z.int().min(0).max(86_400_000).default(10_000).describe("How long connections may go on at shutdown, ms."),
  heartbeatTimeoutMs: durationMs
    .default(30_000)
    .describe("A snapshot stream silent for this long is given up and opened again, ms."),
  reconnectDelayMsMax: durationMs.default(10_000).describe("Longest wait between attempts to reach mesh-control, ms."),
  accessLogFile: z
    .string()
    .min(1)
    .optional()
    .describe(
      "Where requests, TCP connections and UDP sessions are logged when they are over, a JSON object a line; such as /dev/stdout. No access log unless set.",
    ),
  accessLogShare: share.default(1).describe("Share of them that is logged, 0 to 1; of a trace all or none."),
  accessLogErrors: z
    .boolean()
    .default(true)
    .describe("Whether what fails or is refused is logged whatever the share is."),
  accessLogQueueBytes: z
    .int()
    .min(4096)
    .max(1_073_741_824)
    .default(4_194_304)
    .describe("Most that waits to be written, bytes; more is dropped and counted."),
  traceUrl: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe(
      "Base URL of a collector that takes spans by OTLP/HTTP, such as http://collector:4318. No traces unless set.",
    ),
  traceShare: share
    .default(0.01)
    .describe(
      "Share of the requests that come without a trace which begin one, 0 to 1; what has one keeps its own word.",
    ),
  traceQueueMax: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(4096)
    .describe("Spans that wait for the collector; more are dropped and counted."),
  routeSeriesMax: z
    .int()
    .min(0)
    .max(100_000)
    .default(500)
    .describe("Backends of HTTPRoutes whose requests are counted; more are counted as one. 0 is off."),
  snapshotBytesMax: z
    .int()
    .min(1024)
    .max(1_073_741_824)
    .default(16_777_216)
    .describe("Longest snapshot that is read, bytes."),
});

export type ProxyConfig = z.output<typeof proxyConfigSchema>;

/** Whether the proxy listens there on the pod's addresses, or for what is redirected. */
export function isProxyPort(config: ProxyConfig, port: number): boolean {
  const { meshPort, adminPort, interceptOutboundPort, interceptInboundPort } = config;
  return [meshPort, adminPort, interceptOutboundPort, interceptInboundPort].includes(port);
}
/** What a caller writes: keys with a default may be left out. */
export type ProxyConfigInput = z.input<typeof proxyConfigSchema>;
