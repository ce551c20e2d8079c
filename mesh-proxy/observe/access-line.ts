/**
 * A line of the access log: the keys of Istio's and Envoy's default JSON format where they have one, the labels of the metrics for who
 * talked to whom (docs/decisions/0038). Keys without a value are left out. What many lines say alike is written once, and copied.
 */
import { Buffer } from "node:buffer";
import { formatEndpoint } from "../codec/proxy-protocol.ts";
import type { TrafficLabels } from "../meter/traffic-series.ts";
import type { RuleName } from "../route/access/compile-access.ts";
import { JsonWriter } from "./json-writer.ts";
import type { FlowFacts, Observation, Observed, ObservedProtocol, PolicyDecision, SaidFacts } from "./observation.ts";
import { NAME_CHARACTERS_MAX } from "./request-text.ts";

/** ASCII; valid until the next line is made. */
export interface AccessLine {
  /** `bytes[0, length)`. */
  readonly bytes: Buffer;
  readonly length: number;
  /** Comes behind it, and ends in a line feed. */
  readonly tail: Buffer;
}

const behindTime: Readonly<Record<ObservedProtocol, Buffer>> = {
  "HTTP/1.1": Buffer.from('Z","protocol":"HTTP/1.1"'),
  "HTTP/2": Buffer.from('Z","protocol":"HTTP/2"'),
  TCP: Buffer.from('Z","protocol":"TCP"'),
  UDP: Buffer.from('Z","protocol":"UDP"'),
};
const UNBROKEN = Buffer.from(',"response_flags":"-","bytes_received":');
const allowed = Buffer.from(',"weft_policy_decision":"allowed"');
const denied = Buffer.from(',"weft_policy_decision":"denied"');

export class AccessLines {
  private readonly json = new JsonWriter();
  /** Of a series every line says the same. */
  private readonly tails = new WeakMap<TrafficLabels, Buffer>();
  private readonly rules = new WeakMap<RuleName, Buffer>();
  private second = -1;
  private secondBytes: Buffer = Buffer.alloc(0);

  make(observed: Observed, said: SaidFacts): AccessLine {
    const { json } = this;
    const { observation, labels } = observed;
    json.clear();
    this.time(observation.startMs);
    json.written(behindTime[observation.protocol]);
    if (observation.text !== undefined) this.request(observed);
    this.ending(observed);
    json.written(said.bytes);
    this.trace(observation);
    if (observation.policy !== undefined) this.policy(observation.policy);
    return { bytes: json.bytes, length: json.length, tail: this.tailOf(labels) };
  }

  private request({ observation, statusCode, grpcStatus }: Observed): void {
    const { json } = this;
    observation.text?.write(json);
    this.number(',"response_code":', statusCode);
    if (grpcStatus >= 0) this.number(',"grpc_status":', grpcStatus);
  }

  private ending({ observation: { flag, details }, requestBytes, responseBytes, durationMs }: Observed): void {
    const { json } = this;
    if (flag === "" && details === "") json.written(UNBROKEN);
    else {
      plain(json, ',"response_flags":', flag === "" ? "-" : flag);
      if (details !== "") name(json, ',"response_code_details":', details);
      json.raw(',"bytes_received":');
    }
    json.count(requestBytes);
    this.number(',"bytes_sent":', responseBytes);
    json.raw(',"duration":');
    json.thousandths(Math.round(durationMs * 1000));
  }

  private trace({ traceId, span }: Observation): void {
    if (traceId !== undefined) plain(this.json, ',"trace_id":', traceId);
    if (span !== undefined) plain(this.json, ',"span_id":', span.spanId);
  }

  private policy({ isAllowed, by }: PolicyDecision): void {
    const { json, rules } = this;
    json.written(isAllowed ? allowed : denied);
    if (by === undefined || by.policy === "") return;
    let rule = rules.get(by);
    if (rule === undefined) {
      const own = new JsonWriter();
      name(own, ',"weft_policy":', `${by.policy}/${by.rule}`);
      rule = own.take();
      rules.set(by, rule);
    }
    json.written(rule);
  }

  private number(key: string, value: number): void {
    this.json.raw(key);
    this.json.count(value);
  }

  /** ISO 8601 in UTC, with milliseconds; most lines are of the second of the line before. Without the last character. */
  private time(timeMs: number): void {
    const second = Math.floor(timeMs / 1000);
    if (second !== this.second) {
      this.second = second;
      this.secondBytes = Buffer.from(`{"start_time":"${new Date(second * 1000).toISOString().slice(0, 20)}`);
    }
    this.json.written(this.secondBytes);
    this.json.digits(Math.floor(timeMs - second * 1000), 3);
  }

  private tailOf(labels: TrafficLabels): Buffer {
    const known = this.tails.get(labels);
    if (known !== undefined) return known;
    const json = new JsonWriter();
    for (const [key, value] of Object.entries(labels)) if (value !== "") name(json, `,"${key}":`, value);
    json.raw("}\n");
    const tail = json.take();
    this.tails.set(labels, tail);
    return tail;
  }
}

export function textOf({ bytes, length, tail }: AccessLine): string {
  return bytes.toString("latin1", 0, length) + tail.toString("latin1");
}

/** The requests of a connection say the same, until it is led elsewhere. */
export function saidOf(facts: FlowFacts): SaidFacts {
  const { said, upstream, route } = facts;
  if (said?.upstream === upstream && said?.route === route && said?.function === facts.function) {
    if (said !== undefined) return said;
  }
  const { client, identity } = facts;
  const json = new JsonWriter();
  if (client !== undefined) plain(json, ',"downstream_remote_address":', formatEndpoint(client));
  if (upstream !== undefined) plain(json, ',"upstream_host":', upstream);
  if (identity !== undefined) name(json, ',"downstream_peer_uri_san":', identity);
  if (route !== undefined) name(json, ',"route_name":', route);
  if (facts.function) name(json, ',"weft_function":', facts.function);
  facts.said = { bytes: json.take(), upstream, route, function: facts.function };
  return facts.said;
}

function name(json: JsonWriter, key: string, value: string): void {
  json.raw(key);
  json.string(value, NAME_CHARACTERS_MAX);
}

/** Of which is known that it needs no escape. */
function plain(json: JsonWriter, key: string, value: string): void {
  json.raw(key);
  json.raw('"');
  json.raw(value);
  json.raw('"');
}
