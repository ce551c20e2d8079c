/** What one (reporter, source, destination, service, protocol, path) moved: the objects that hot paths add to. */
import type { ByteCounter } from "../relay/byte-counter.ts";
import { BucketHistogram } from "./bucket-histogram.ts";

export type TrafficLabels = Readonly<Record<TrafficLabel, string>>;

export const trafficLabelNames = [
  "reporter",
  "source_workload",
  "source_workload_namespace",
  "source_pod",
  "source_node",
  "source_app",
  "destination_workload",
  "destination_workload_namespace",
  "destination_pod",
  "destination_node",
  "destination_app",
  "destination_service",
  "destination_service_name",
  "destination_service_namespace",
  "request_protocol",
  "connection_security_policy",
  "weft_chain",
  "weft_spi",
  "weft_hop",
] as const;
type TrafficLabel = (typeof trafficLabelNames)[number];

const durationBoundsMs = [0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000];
const sizeBoundsBytes = [100, 1000, 10_000, 100_000, 1_000_000, 10_000_000];

export interface RequestRecord {
  /** HTTP status; 0 when there was no response. */
  readonly statusCode: number;
  /** -1 for anything but gRPC. */
  readonly grpcStatus: number;
  readonly durationMs: number;
  readonly requestBytes: number;
  readonly responseBytes: number;
}

export interface RequestRecorder {
  /** Called once a request has its whole response. */
  record(request: RequestRecord): void;
}

export class TrafficSeries implements RequestRecorder {
  readonly labels: TrafficLabels;
  /** Towards the destination. */
  readonly received: ByteCounter = { bytes: 0 };
  /** Back to the source. */
  readonly sent: ByteCounter = { bytes: 0 };
  /** Of UDP, as `received` and `sent`. */
  receivedDatagramCount = 0;
  sentDatagramCount = 0;
  openedCount = 0;
  closedCount = 0;
  readonly requestsByCode = new Map<number, number>();
  /** Made with the first request: most series carry no HTTP. */
  http: HttpHistograms | undefined;

  constructor(labels: TrafficLabels) {
    this.labels = labels;
  }

  get isUdp(): boolean {
    return this.labels.request_protocol === "udp";
  }

  get isInUse(): boolean {
    return this.openedCount > this.closedCount;
  }

  record(request: RequestRecord): void {
    const code = codeKey(request.statusCode, request.grpcStatus);
    this.requestsByCode.set(code, (this.requestsByCode.get(code) ?? 0) + 1);
    this.http ??= new HttpHistograms();
    this.http.durationMs.observe(request.durationMs);
    this.http.requestBytes.observe(request.requestBytes);
    this.http.responseBytes.observe(request.responseBytes);
  }
}

export class HttpHistograms {
  readonly durationMs = new BucketHistogram(durationBoundsMs);
  readonly requestBytes = new BucketHistogram(sizeBoundsBytes);
  readonly responseBytes = new BucketHistogram(sizeBoundsBytes);
}

/** Status and gRPC status in one small number, so that counting a request needs no text. */
function codeKey(statusCode: number, grpcStatus: number): number {
  const isKnownGrpc = grpcStatus >= 0 && grpcStatus <= 16;
  return statusCode * 32 + (isKnownGrpc ? grpcStatus + 1 : 0);
}

export function codeLabels(key: number): { readonly response_code: string; readonly grpc_response_status: string } {
  const grpc = key % 32;
  return { response_code: String((key - grpc) / 32), grpc_response_status: grpc === 0 ? "" : String(grpc - 1) };
}
