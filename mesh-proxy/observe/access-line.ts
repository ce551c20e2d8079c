/**
 * One line of the access log: the keys of Istio's and Envoy's default JSON format where they have one, the labels of the metrics for who
 * talked to whom (docs/decisions/0038). Keys without a value are left out.
 */
import type { TrafficLabels } from "../meter/traffic-series.ts";
import { jsonText } from "./json-text.ts";
import { clientText, type Observation, type Observed } from "./observation.ts";

const PATH_CHARACTERS_MAX = 512;
const NAME_CHARACTERS_MAX = 256;

/** Ends in a line feed; ASCII. */
export function accessLine({ observation, labels, ...ending }: Observed): string {
  const { startMs, protocol, facts, flag, details, text, traceId, span } = observation;
  let line = `{"start_time":"${timeText(startMs)}","protocol":"${protocol}"`;
  if (text !== undefined) {
    line += `,"method":${jsonText(text.method, 32)},"path":${jsonText(text.path, PATH_CHARACTERS_MAX)}`;
    line += `,"authority":${jsonText(text.authority, NAME_CHARACTERS_MAX)}`;
    if (text.userAgent !== "") line += `,"user_agent":${jsonText(text.userAgent, NAME_CHARACTERS_MAX)}`;
    line += `,"response_code":${ending.statusCode}`;
    if (ending.grpcStatus >= 0) line += `,"grpc_status":${ending.grpcStatus}`;
  }
  line += `,"response_flags":"${flag === "" ? "-" : flag}"`;
  if (details !== "") line += `,"response_code_details":${jsonText(details, NAME_CHARACTERS_MAX)}`;
  line += `,"bytes_received":${ending.requestBytes},"bytes_sent":${ending.responseBytes}`;
  line += `,"duration":${Math.round(ending.durationMs * 1000) / 1000}`;
  const client = clientText(facts);
  if (client !== "") line += `,"downstream_remote_address":"${client}"`;
  if (facts.upstream !== undefined) line += `,"upstream_host":"${facts.upstream}"`;
  if (facts.identity !== undefined)
    line += `,"downstream_peer_uri_san":${jsonText(facts.identity, NAME_CHARACTERS_MAX)}`;
  if (facts.route !== undefined) line += `,"route_name":${jsonText(facts.route, NAME_CHARACTERS_MAX)}`;
  if (traceId !== undefined) line += `,"trace_id":"${traceId}"`;
  if (span !== undefined) line += `,"span_id":"${span.spanId}"`;
  return `${line}${policyPart(observation)}${labelsPart(labels)}}\n`;
}

function policyPart({ policy }: Observation): string {
  if (policy === undefined) return "";
  const { isAllowed, by } = policy;
  const rule = by === undefined || by.policy === "" ? "" : `,"weft_policy":${jsonText(`${by.policy}/${by.rule}`, 512)}`;
  return `,"weft_policy_decision":"${isAllowed ? "allowed" : "denied"}"${rule}`;
}

/** Of a series every line says the same. */
const knownParts = new WeakMap<TrafficLabels, string>();

function labelsPart(labels: TrafficLabels): string {
  const known = knownParts.get(labels);
  if (known !== undefined) return known;
  const part = Object.entries(labels)
    .filter(([, value]) => value !== "")
    .map(([name, value]) => `,"${name}":${jsonText(value, NAME_CHARACTERS_MAX)}`)
    .join("");
  knownParts.set(labels, part);
  return part;
}

let secondsKnown = -1;
let secondsText = "";

/** ISO 8601 in UTC, with milliseconds; most lines are of the second of the line before. */
function timeText(timeMs: number): string {
  const seconds = Math.floor(timeMs / 1000);
  if (seconds !== secondsKnown) {
    secondsKnown = seconds;
    secondsText = new Date(seconds * 1000).toISOString().slice(0, 20);
  }
  return `${secondsText}${String(Math.floor(timeMs - seconds * 1000)).padStart(3, "0")}Z`;
}
