/** An upstream's matches, compiled once for a snapshot. */
import { type Cidr, isInCidr, parseCidr } from "../../../core/model/cidr.ts";
import { parseIpAddress } from "../../../core/model/ip-address.ts";
import type { TrafficMatch } from "../../../core/model/traffic-match.ts";
import { ByteRange } from "./byte-range.ts";
import { textBytes } from "./byte-text.ts";
import { compileRequestMatch, hostHolds, type RequestHolds } from "./compile-request-match.ts";
import { type HeaderFact, RequestFacts } from "./request-facts.ts";
import type { RequestHead } from "./request-head.ts";

/** What is known of a connection before anything is sent on. */
export interface ConnectionFacts {
  /** The client's, as first seen. */
  readonly address: string;
  /** What its TLS asks for; undefined where that is not known, or not TLS. */
  readonly serverName?: string | undefined;
}

/** Says to which class a request of the connection belongs, or the whole connection when there are no requests to see. */
export type ClassOf<T> = (request?: RequestHead) => T;

export interface TrafficClasses<T> {
  /** Whether some class is by server name, so that connections have to be looked into. */
  readonly needsServerName: boolean;
  /** Whether some class is by what requests say. */
  readonly needsRequests: boolean;
  /** Once per connection. O(classes). */
  forConnection(facts: ConnectionFacts): ClassOf<T>;
}

interface CompiledClass<T> {
  readonly of: T;
  readonly sources: readonly Cidr[] | undefined;
  readonly serverNames: readonly ((range: ByteRange) => boolean)[] | undefined;
  readonly request: RequestHolds | undefined;
}

/** The first class whose match holds takes the traffic; the rest belongs to `otherwise`. */
export function compileClasses<T>(
  classes: readonly { readonly when: TrafficMatch; readonly of: T }[],
  otherwise: T,
): TrafficClasses<T> {
  const headers = new Map<string, HeaderFact>();
  const compiled = classes.map(({ when, of }) => compileClass(when, of, headers));
  const facts = new RequestFacts([...headers.values()]);
  return {
    needsServerName: compiled.some(({ serverNames }) => serverNames !== undefined),
    needsRequests: compiled.some(({ request }) => request !== undefined),
    forConnection: (connection) => {
      const possible = compiled.filter((one) => canHold(one, connection));
      if (possible.length === 0) return () => otherwise;
      const [only] = possible;
      if (only !== undefined && only.request === undefined) return () => only.of;
      return (request) => {
        if (request !== undefined) facts.read(request);
        for (const { request: holds, of } of possible) {
          if (holds === undefined || (request !== undefined && holds(facts))) return of;
        }
        return otherwise;
      };
    },
  };
}

function compileClass<T>(when: TrafficMatch, of: T, headers: Map<string, HeaderFact>): CompiledClass<T> {
  const headerFact = (name: string, value: string): HeaderFact => {
    const key = `${name}: ${value}`;
    const known = headers.get(key) ?? { name: textBytes(name), value: textBytes(value), isThere: false };
    headers.set(key, known);
    return known;
  };
  return {
    of,
    sources: when.sources?.flatMap((text) => parseCidr(text) ?? []),
    serverNames: when.serverNames?.map(hostHolds),
    request: when.http && compileRequestMatch(when.http, headerFact),
  };
}

function canHold<T>({ sources, serverNames }: CompiledClass<T>, { address, serverName }: ConnectionFacts): boolean {
  const bytes = sources && parseIpAddress(address);
  if (sources !== undefined && !(bytes && sources.some((cidr) => isInCidr(cidr, bytes)))) return false;
  if (serverNames === undefined) return true;
  const range = new ByteRange();
  const text = textBytes(serverName ?? "");
  range.set(text, 0, text.length);
  return serverNames.some((holds) => holds(range));
}
