/** Who broke a request or a connection, in Envoy's words (its access log's RESPONSE_FLAGS); "" where nobody did. */
import type { HopBreak } from "../meter/hop-series.ts";
import type { RefusalReason } from "../meter/own-metrics.ts";

/**
 * `DC` the client ended it, `UC` what lies behind did, `UF` that could not be connected to, `UH` there is no endpoint, `UT` it did not answer in
 * time, `UR` it reset the stream, `UPE` and `DPE` it, or the client, broke the protocol, `NR` there is no way there, `UO` a limit is reached, `RL` a rate limit is,
 * `LR` the proxy ended it, `UAEX` a policy refuses it, `FI` a route broke it off on purpose.
 */
export type ResponseFlag =
  | ""
  | "DC"
  | "UC"
  | "UF"
  | "UH"
  | "UT"
  | "UR"
  | "UPE"
  | "DPE"
  | "NR"
  | "UO"
  | "LR"
  | "RL"
  | "UAEX"
  | "FI";

const byRefusal: Readonly<Record<RefusalReason, ResponseFlag>> = {
  not_a_peer: "UAEX",
  not_proxy_protocol: "DPE",
  malformed_preface: "DPE",
  preface_timeout: "DPE",
  closed_in_preface: "DC",
  forbidden_port: "UAEX",
  unknown_path: "NR",
  connection_limit: "UO",
  draining: "LR",
  no_snapshot: "NR",
  proof_failed: "UAEX",
  no_endpoint: "UH",
  ttl_expired: "NR",
  ttl_expired_ahead: "NR",
  app_refused: "UF",
  function_refused: "UF",
  function_misroutes: "NR",
  tls_required: "UAEX",
  tls_unwanted: "UAEX",
  tls_failed: "DPE",
  tls_identity: "UAEX",
  access_denied: "UAEX",
  max_connections: "UO",
  max_pending_requests: "UO",
  max_parallel_requests: "UO",
  rate_limit: "RL",
  not_intercepted: "UAEX",
  unknown_destination: "NR",
  unreachable_destination: "UF",
};

/** Of routes' own answers. */
const byRouteCode: Readonly<Record<string, ResponseFlag>> = {
  redirected: "",
  "no-route": "NR",
  "no-backend": "NR",
  "fault-injected": "FI",
  "request-timeout": "UT",
};

export function flagOfRefusal(by: string): ResponseFlag {
  return byRouteCode[by] ?? byRefusal[by.replaceAll("-", "_") as RefusalReason] ?? "LR";
}

export function flagOfBreak(by: HopBreak): ResponseFlag {
  return by === "source_reset" ? "DC" : "UC";
}
