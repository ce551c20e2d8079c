/** Status codes of gRPC (google.rpc.Code), as `grpc-status` says them. */

export const GRPC_STATUS = {
  unknown: 2,
  deadlineExceeded: 4,
  permissionDenied: 7,
  resourceExhausted: 8,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  dataLoss: 15,
} as const;

const { unknown, deadlineExceeded, unimplemented, internal, unavailable, dataLoss } = GRPC_STATUS;
const failed: ReadonlySet<number> = new Set([
  unknown,
  deadlineExceeded,
  unimplemented,
  internal,
  unavailable,
  dataLoss,
]);

/** Whether it stands for an HTTP status of 500 or more. */
export function isFailedGrpcStatus(status: number): boolean {
  return failed.has(status);
}
