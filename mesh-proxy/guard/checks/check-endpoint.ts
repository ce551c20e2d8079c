/** One active health check: over the mesh, as a client's connection would go, and with nothing of a client's in it. */
import type { WeightedEndpoint } from "../../../core/model/mesh-snapshot.ts";
import type { AppProtocol } from "../../../core/model/service.ts";
import type { HealthCheck } from "../../../core/model/traffic-policy.ts";
import type { ProxyContext } from "../../proxy-context.ts";
import type { ByteSocket } from "../../relay/byte-socket.ts";
import type { RouteTable } from "../../route/route-table.ts";
import { endpointKey } from "../../steer/breakers.ts";
import { dialMesh, type MeshDial } from "../../steer/dial-mesh.ts";
import { askGrpc } from "./ask-grpc.ts";
import { askHttp } from "./ask-http.ts";
import type { CheckedService } from "./health-checks.ts";

export interface Checking {
  readonly table: RouteTable;
  readonly service: CheckedService;
  readonly endpoint: WeightedEndpoint;
  readonly check: HealthCheck;
}

/** How one protocol is asked; `answer` counts the first time. */
export interface Asking {
  readonly socket: ByteSocket;
  readonly check: HealthCheck;
  readonly authority: string;
  readonly nowMs: () => number;
  /** @param reason why the endpoint is not sound; undefined where it is */
  readonly answer: (reason?: string) => void;
}

const protocols: Readonly<Record<HealthCheck["type"], AppProtocol>> = { HTTP: "http1", TCP: "tcp", GRPC: "h2c" };

/** @returns why it failed; undefined where all is well */
export function checkEndpoint(context: ProxyContext, checking: Checking): Promise<string | undefined> {
  const { clock } = context;
  const { check, service } = checking;
  return new Promise((resolve) => {
    let socket: ByteSocket | undefined;
    let isOver = false;
    const answer = (reason?: string) => {
      isOver = true;
      cancel();
      socket?.reset();
      resolve(reason);
    };
    const cancel = clock.after(check.timeoutMs, () => answer(`no answer within ${check.timeoutMs} ms`));
    void dialMesh(context, dialOf(context, checking)).then((dialled) => {
      if (dialled.kind === "failed") return answer(dialled.reason);
      if (isOver) return dialled.socket.reset();
      ({ socket } = dialled);
      // The far proxy says that the application took the connection.
      if (check.type === "TCP") return answer();
      socket.onClosed = (error) => answer(error?.message ?? "closed before it answered");
      socket.onEnd = () => answer("ended before it answered");
      const authority = `${service.service}.${service.namespace}:${service.port}`;
      const asking = { socket, check, authority, nowMs: () => clock.nowMs(), answer };
      if (check.type === "HTTP") askHttp(asking);
      else askGrpc(asking);
      socket.resume();
    });
  });
}

function dialOf({ config }: ProxyContext, { table, service, endpoint, check }: Checking): MeshDial {
  const key = endpointKey(endpoint);
  return {
    table,
    source: { address: config.podAddress, port: 0 },
    mode: "connection",
    protocol: protocols[check.type],
    service,
    choose: (isExcluded) =>
      isExcluded(endpoint) ? { kind: "none", reason: `${key} refused` } : { kind: "endpoint", endpoint },
  };
}
