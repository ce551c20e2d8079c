import { Buffer } from "node:buffer";
import fc from "fast-check";
import { expect, test } from "vitest";
import { PfcpHeader } from "./pfcp.ts";

const hex = (text: string) => Buffer.from(text.replaceAll(" ", ""), "hex");

function read(bytes: Uint8Array) {
  const header = new PfcpHeader();
  return header.read(bytes, 0, bytes.length) ?? { ...header, senderSeidAt: header.findSenderSeid(bytes) };
}

const nodeId = "003c 0005 00 0a000001";
const sound = [
  {
    name: "a heartbeat request between nodes",
    bytes: "20 01 000c 000007 00 0060 0004 e8000000",
    fields: { messageType: 1, hasSeid: false, seidAt: -1, sequence: 7, priority: -1, bodyStart: 8, end: 16 },
  },
  {
    name: "a session establishment request: SEID 0, and the control plane's own in F-SEID",
    bytes: `21 32 0026 0000000000000000 000102 00 ${nodeId} 0039 000d 02 1122334455667788 0a000001`,
    fields: { messageType: 50, hasSeid: true, isSeidZero: true, sequence: 0x102, senderSeidAt: 30, bodyStart: 16 },
  },
  {
    name: "a session establishment response: the control plane's SEID, and the user plane's own in F-SEID",
    bytes: `21 33 002b 1122334455667788 000102 00 ${nodeId} 0013 0001 01 0039 000d 02 00000000000000aa 0a000002`,
    fields: { messageType: 51, isSeidZero: false, seidAt: 4, senderSeidAt: 35, end: 47 },
  },
  {
    name: "a session modification request of a priority, with nothing in it",
    bytes: "23 34 000c 00000000000000aa ffffff 30",
    fields: { messageType: 52, sequence: 0xffffff, priority: 3, senderSeidAt: -1, bodyStart: 16, end: 16 },
  },
  {
    name: "the first of two messages in a datagram",
    bytes: "25 36 000c 00000000000000aa 000001 00 21 36 000c 00000000000000ab 000002 00",
    fields: { messageType: 54, isFollowed: true, end: 16 },
  },
  {
    name: "an F-SEID behind an element of another vendor",
    bytes: "21 32 0021 0000000000000000 000001 00 8001 0004 00090000 0039 0009 01 00000000000000bb",
    fields: { senderSeidAt: 29, end: 37 },
  },
];

test.each(sound)("reads $name", ({ bytes, fields }) => expect(read(hex(bytes))).toMatchObject(fields));

const bad = [
  { bytes: "20 01 0004 000007", problem: "truncated" },
  { bytes: "40 01 0004 000007 00", problem: "wrong_version" },
  { bytes: "20 01 0003 000007 00", problem: "wrong_length" },
  { bytes: "20 01 0005 000007 00", problem: "wrong_length" },
  { bytes: "21 34 000b 00000000000000aa 000001 00", problem: "wrong_length" },
  { bytes: "21 34 0004 000007 00", problem: "wrong_length" },
];

test.each(bad)("$problem: $bytes", ({ bytes, problem }) => expect(read(hex(bytes))).toBe(problem));

const withoutSeid = [
  { name: "longer than the message", element: "0039 000e 02 1122334455667788 0a000001" },
  { name: "too short for a SEID", element: "0039 0008 0211223344556677" },
  { name: "behind an element that is longer than the message", element: "003c 00ff 00 0039 0009 01 1122334455667788" },
];

test.each(withoutSeid)("an F-SEID is none that is $name", ({ element }) => {
  const body = hex(element);
  const head = hex("21 32 0000 0000000000000000 000001 00");
  head.writeUInt16BE(12 + body.length, 2);
  expect(read(Buffer.concat([head, body]))).toMatchObject({ senderSeidAt: -1 });
});

test("any bytes are read or refused, within their bounds", () => {
  const header = new PfcpHeader();
  const likely = fc.tuple(fc.integer({ min: 0x20, max: 0x27 }), fc.uint8Array({ maxLength: 200 }));
  const any = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    likely.map(([flags, rest]) => Uint8Array.of(flags, 50, 0, rest.length, ...rest)),
  );
  fc.assert(
    fc.property(any, (bytes) => {
      if (header.read(bytes, 0, bytes.length) !== undefined) return;
      expect(header.bodyStart).toBeLessThanOrEqual(header.end);
      expect(header.end).toBeLessThanOrEqual(bytes.length);
      const at = header.findSenderSeid(bytes);
      if (at >= 0) expect(at + 8).toBeLessThanOrEqual(header.end);
    }),
  );
});

test.each(sound)("refuses every beginning of $name that is not the whole message", ({ bytes }) => {
  const whole = hex(bytes);
  const { end } = read(whole) as { end: number };
  for (let length = 0; length < end; length++) expect(read(whole.subarray(0, length))).toBeTypeOf("string");
});
