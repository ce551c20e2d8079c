import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeGtpu, encodeEcho, encodeEndMarker, encodeErrorIndication, encodeGPdu } from "./gtpu-message.ts";

/** Written out by hand from TS 29.281. */
const golden = [
  {
    name: "a G-PDU upwards with QFI 9",
    bytes: encodeGPdu({ teid: 0x0a0b0c0d, sequence: 7, qfi: 9, payload: Buffer.from("hello") }, "uplink"),
    wire: "36 ff 000d 0a0b0c0d 0007 00 85 01 10 09 00 68656c6c6f",
    message: { kind: "g-pdu", teid: 0x0a0b0c0d, sequence: 7, qfi: 9, payload: Buffer.from("hello") },
  },
  {
    name: "an echo request",
    bytes: encodeEcho("echo-request", 0x0102),
    wire: "32 01 0004 00000000 0102 0000",
    message: { kind: "echo-request", sequence: 0x0102 },
  },
  {
    name: "an echo response with its recovery element",
    bytes: encodeEcho("echo-response", 1),
    wire: "32 02 0006 00000000 0001 0000 0e00",
    message: { kind: "echo-response", sequence: 1 },
  },
  {
    name: "an error indication",
    bytes: encodeErrorIndication({ teid: 5, address: "127.0.0.9" }),
    wire: "32 1a 0010 00000000 0000 0000 10 00000005 85 0004 7f000009",
    message: { kind: "error-indication", tunnel: { teid: 5, address: "127.0.0.9" } },
  },
  {
    name: "an end marker",
    bytes: encodeEndMarker(5),
    wire: "30 fe 0000 00000005",
    message: { kind: "end-marker", teid: 5 },
  },
];

describe.each(golden)("$name", ({ bytes, wire, message }) => {
  test("is written as the specifications have it, and read back", () => {
    expect(bytes.toString("hex")).toBe(wire.replace(/ /g, ""));
    expect(decodeGtpu(bytes)).toEqual({ kind: "message", message });
  });
});

test("a G-PDU without optional part has its payload right after the header", () => {
  const wire = Buffer.from("30ff00020000000568 69".replace(/ /g, ""), "hex");
  expect(decodeGtpu(wire)).toEqual({
    kind: "message",
    message: { kind: "g-pdu", teid: 5, payload: Buffer.from("hi") },
  });
});

test("unknown extension headers are stepped over", () => {
  const wire = Buffer.from("34ff 000a 00000005 0000 00 40 01 1234 00 6869".replace(/ /g, ""), "hex");
  expect(decodeGtpu(wire)).toEqual({
    kind: "message",
    message: { kind: "g-pdu", teid: 5, payload: Buffer.from("hi") },
  });
});

describe("a datagram", () => {
  const cases = [
    { name: "shorter than a header", wire: "30ff" },
    { name: "of GTP version 2", wire: "50ff000000000005" },
    { name: "whose length is wrong", wire: "30ff000500000005" },
    { name: "whose optional part is missing", wire: "32ff000000000005" },
    { name: "with an extension of length zero", wire: "34ff00080000000500000085000000ff" },
    { name: "of an unknown type", wire: "3063000000000005" },
  ];
  test.each(cases)("$name is malformed", ({ wire }) => {
    expect(decodeGtpu(Buffer.from(wire, "hex")).kind).toBe("malformed");
  });

  test("of any bytes never throws", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => void decodeGtpu(Buffer.from(bytes))));
  });
});
