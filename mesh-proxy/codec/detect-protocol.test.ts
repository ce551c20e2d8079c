import { Buffer } from "node:buffer";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DETECT_BYTES_MAX, detectProtocol } from "./detect-protocol.ts";

const beginnings = [
  { name: "a PROXY v2 signature", bytes: "\r\n\r\n\0\r\nQUIT\n", protocol: "proxy", neededBytes: 12 },
  { name: "an HTTP/2 preface", bytes: "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", protocol: "http2", neededBytes: 14 },
  { name: "a GET", bytes: "GET /nnrf-disc/v1 HTTP/1.1\r\n", protocol: "http1", neededBytes: 4 },
  { name: "an OPTIONS", bytes: "OPTIONS * HTTP/1.1\r\n", protocol: "http1", neededBytes: 8 },
  { name: "a TLS client hello", bytes: "\x16\x03\x01\x02\0", protocol: "tls", neededBytes: 2 },
  { name: "another protocol", bytes: "SSH-2.0-x\r\n", protocol: "tcp", neededBytes: 1 },
  { name: "a method in lower case", bytes: "get key\r\n", protocol: "tcp", neededBytes: 1 },
  { name: "a method that goes on", bytes: "GETS key\r\n", protocol: "tcp", neededBytes: 4 },
  { name: "an HTTP/2 preface gone wrong early", bytes: "PRI HTTP", protocol: "tcp", neededBytes: 5 },
] as const;

describe("what starts with", () => {
  test.each(beginnings)("$name is $protocol, from byte $neededBytes on", ({ bytes, protocol, neededBytes }) => {
    const buffer = Buffer.from(`??${bytes}`, "latin1");
    for (let count = 0; count <= bytes.length; count++) {
      expect(detectProtocol(buffer, 2, 2 + count)).toBe(count < neededBytes ? "partial" : protocol);
    }
  });
});

test("any bytes are told apart within the limit", () => {
  const words = fc.constantFrom("PRI * HTTP/2.", "GET", "CONNEC", "\r\n\r\n\0\r\nQUI", "\x16");
  fc.assert(
    fc.property(words, fc.uint8Array({ minLength: DETECT_BYTES_MAX, maxLength: 40 }), (word, tail) => {
      const bytes = Buffer.concat([Buffer.from(word, "latin1"), tail]);
      expect(detectProtocol(bytes, 0, bytes.length)).not.toBe("partial");
    }),
  );
});
