/** What application a flow is, judged by its first bytes. */
import { z } from "zod";
import { PatternAutomaton } from "./pattern-automaton.ts";
import { readServerName } from "./server-name.ts";

const protocols = ["http", "http2", "tls", "ssh", "other"] as const;
export type Protocol = (typeof protocols)[number];

export const signature = z.strictObject({
  application: z.string().min(1).max(64).describe("Name for what matches"),
  contains: z
    .string()
    .regex(/^[\x20-\x7e]{2,64}$/, "must be 2 to 64 printable ASCII characters")
    .describe("Looked for, without regard to case, in an HTTP/1.1 head or a TLS server name"),
});
export type Signature = z.output<typeof signature>;

export interface Classification {
  readonly protocol: Protocol;
  /** The signature that matched, otherwise the protocol's name. */
  readonly application: string;
}

/** Beginnings that tell a protocol; a response counts as its protocol. */
const beginnings: readonly (readonly [Protocol, Buffer])[] = [
  ...["GET ", "POST ", "PUT ", "DELETE ", "HEAD ", "OPTIONS ", "PATCH ", "CONNECT ", "TRACE ", "HTTP/1."].map(
    (text): readonly [Protocol, Buffer] => ["http", Buffer.from(text)],
  ),
  ["http2", Buffer.from("PRI * HTTP/2.0\r\n")],
  ["ssh", Buffer.from("SSH-2.0-")],
  ["tls", Buffer.from([0x16, 0x03])],
];

const headEnd = Buffer.from("\r\n\r\n");

/** Signatures compiled once, shared by the classifiers of all flows. */
export class SignatureSet {
  readonly #signatures: readonly Signature[];
  readonly #automaton: PatternAutomaton;

  constructor(signatures: readonly Signature[]) {
    this.#signatures = signatures;
    this.#automaton = new PatternAutomaton(signatures.map(({ contains }) => contains));
  }

  get automaton(): PatternAutomaton {
    return this.#automaton;
  }

  applicationOf(match: number): string | undefined {
    return this.#signatures[match]?.application;
  }
}

/** Classifies one flow from its first `inspectBytesMax` bytes, as soon as they tell. */
export class FlowClassifier {
  readonly #signatures: SignatureSet;
  readonly #inspectBytesMax: number;
  #seen: Buffer = Buffer.alloc(0);
  #searchedTo = 0;
  #state = 0;

  constructor(signatures: SignatureSet, inspectBytesMax: number) {
    this.#signatures = signatures;
    this.#inspectBytesMax = inspectBytesMax;
  }

  /** Undefined while more bytes could still change the answer. Not to be called again after it has answered. */
  inspect(chunk: Uint8Array): Classification | undefined {
    const room = this.#inspectBytesMax - this.#seen.length;
    this.#seen = Buffer.concat([this.#seen, chunk.subarray(0, room)]);
    const protocol = protocolOf(this.#seen);
    if (protocol !== undefined) {
      const application = this.#applicationIn(protocol);
      if (application !== undefined) return { protocol, application };
    }
    return this.#seen.length >= this.#inspectBytesMax ? this.conclude() : undefined;
  }

  /** The answer when nothing more comes. */
  conclude(): Classification {
    const protocol = protocolOf(this.#seen) ?? "other";
    return { protocol, application: protocol };
  }

  #applicationIn(protocol: Protocol): string | undefined {
    switch (protocol) {
      case "http":
        return this.#searchHead();
      case "tls": {
        const read = readServerName(this.#seen);
        if (read.kind === "unfinished") return undefined;
        return (read.kind === "name" ? this.#searchName(read.name) : undefined) ?? protocol;
      }
      default:
        return protocol;
    }
  }

  /** Each byte is searched once; the search ends with the head. */
  #searchHead(): string | undefined {
    const end = this.#seen.indexOf(headEnd);
    const until = end < 0 ? this.#seen.length : end;
    const { automaton } = this.#signatures;
    for (; this.#searchedTo < until; this.#searchedTo++) {
      this.#state = automaton.step(this.#state, this.#seen[this.#searchedTo] ?? 0);
      const application = this.#signatures.applicationOf(automaton.matchOf(this.#state));
      if (application !== undefined) return application;
    }
    return end < 0 ? undefined : "http";
  }

  #searchName(name: string): string | undefined {
    const { automaton } = this.#signatures;
    let state = automaton.start;
    for (const byte of Buffer.from(name, "latin1")) {
      state = automaton.step(state, byte);
      const application = this.#signatures.applicationOf(automaton.matchOf(state));
      if (application !== undefined) return application;
    }
    return undefined;
  }
}

/** Undefined while the bytes are only the beginning of a beginning. */
function protocolOf(bytes: Buffer): Protocol | undefined {
  let canBecome = false;
  for (const [protocol, beginning] of beginnings) {
    const shared = Math.min(bytes.length, beginning.length);
    if (!bytes.subarray(0, shared).equals(beginning.subarray(0, shared))) continue;
    if (shared === beginning.length) return protocol;
    canBecome = true;
  }
  return canBecome ? undefined : "other";
}
