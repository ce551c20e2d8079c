/**
 * A line of the access log: the keys of Istio's and Envoy's default JSON format where they have one, the labels of the metrics for who
 * talked to whom (docs/decisions/0038). Keys without a value are left out.
 */
import { Buffer } from "node:buffer";
import { formatEndpoint } from "../codec/proxy-protocol.ts";
import type { TrafficLabels } from "../meter/traffic-series.ts";
import { JsonWriter } from "./json-writer.ts";
import type { FlowFacts, Observation, Observed } from "./observation.ts";

/** ASCII; valid until the next line is made. */
export interface AccessLine {
  /** `bytes[0, length)`. */
  readonly bytes: Buffer;
  readonly length: number;
  /** Comes behind it, and ends in a line feed. */
  readonly tail: Buffer;
}

const PATH_CHARACTERS_MAX = 512;
const NAME_CHARACTERS_MAX = 256;

export class AccessLines {
  private readonly json = new JsonWriter();
  /** Of a series every line says the same. */
  private readonly tails = new WeakMap<TrafficLabels, Buffer>();
  private second = -1;
  private secondText = "";

  make(observed: Observed): AccessLine {
    const { json } = this;
    const { observation, labels } = observed;
    json.clear();
    json.raw('{"start_time":"');
    this.time(observation.startMs);
    json.raw('","protocol":"');
    json.raw(observation.protocol);
    json.raw('"');
    if (observation.text !== undefined) this.request(observed);
    this.ending(observed);
    this.facts(observation.facts);
    this.trace(observation);
    this.policy(observation);
    return { bytes: json.bytes, length: json.length, tail: this.tailOf(labels) };
  }

  private request({ observation, statusCode, grpcStatus }: Observed): void {
    const { json } = this;
    const { method = "", path = "", authority = "", userAgent = "" } = observation.text ?? {};
    this.name(',"method":', method);
    json.raw(',"path":');
    json.string(path, PATH_CHARACTERS_MAX);
    this.name(',"authority":', authority);
    if (userAgent !== "") this.name(',"user_agent":', userAgent);
    this.number(',"response_code":', statusCode);
    if (grpcStatus >= 0) this.number(',"grpc_status":', grpcStatus);
  }

  private ending({ observation: { flag, details }, requestBytes, responseBytes, durationMs }: Observed): void {
    this.plain(',"response_flags":', flag === "" ? "-" : flag);
    if (details !== "") this.name(',"response_code_details":', details);
    this.number(',"bytes_received":', requestBytes);
    this.number(',"bytes_sent":', responseBytes);
    this.json.raw(',"duration":');
    this.json.thousandths(Math.round(durationMs * 1000));
  }

  private facts(facts: FlowFacts): void {
    const { client, upstream, identity, route } = facts;
    if (client !== undefined) {
      facts.clientText ??= formatEndpoint(client);
      this.plain(',"downstream_remote_address":', facts.clientText);
    }
    if (upstream !== undefined) this.plain(',"upstream_host":', upstream);
    if (identity !== undefined) this.name(',"downstream_peer_uri_san":', identity);
    if (route !== undefined) this.name(',"route_name":', route);
    if (facts.function) this.name(',"weft_function":', facts.function);
  }

  private trace({ traceId, span }: Observation): void {
    if (traceId !== undefined) this.plain(',"trace_id":', traceId);
    if (span !== undefined) this.plain(',"span_id":', span.spanId);
  }

  private policy({ policy }: Observation): void {
    if (policy === undefined) return;
    this.plain(',"weft_policy_decision":', policy.isAllowed ? "allowed" : "denied");
    if (policy.by !== undefined && policy.by.policy !== "")
      this.name(',"weft_policy":', `${policy.by.policy}/${policy.by.rule}`);
  }

  private name(key: string, value: string): void {
    this.json.raw(key);
    this.json.string(value, NAME_CHARACTERS_MAX);
  }

  /** Of which is known that it needs no escape. */
  private plain(key: string, value: string): void {
    const { json } = this;
    json.raw(key);
    json.raw('"');
    json.raw(value);
    json.raw('"');
  }

  private number(key: string, value: number): void {
    this.json.raw(key);
    this.json.count(value);
  }

  /** ISO 8601 in UTC, with milliseconds; most lines are of the second of the line before. */
  private time(timeMs: number): void {
    const second = Math.floor(timeMs / 1000);
    if (second !== this.second) {
      this.second = second;
      this.secondText = new Date(second * 1000).toISOString().slice(0, 20);
    }
    const ms = Math.floor(timeMs - second * 1000);
    const { json } = this;
    json.raw(this.secondText);
    json.digits(ms, 3);
    json.raw("Z");
  }

  private tailOf(labels: TrafficLabels): Buffer {
    const known = this.tails.get(labels);
    if (known !== undefined) return known;
    const json = new JsonWriter();
    for (const [name, value] of Object.entries(labels)) {
      if (value === "") continue;
      json.raw(`,"${name}":`);
      json.string(value, NAME_CHARACTERS_MAX);
    }
    json.raw("}\n");
    const tail = Buffer.from(json.bytes.subarray(0, json.length));
    this.tails.set(labels, tail);
    return tail;
  }
}

export function textOf({ bytes, length, tail }: AccessLine): string {
  return bytes.toString("latin1", 0, length) + tail.toString("latin1");
}
