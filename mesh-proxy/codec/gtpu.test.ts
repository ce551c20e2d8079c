import { Buffer } from "node:buffer";
import fc from "fast-check";
import { expect, test } from "vitest";
import { GtpuHeader } from "./gtpu.ts";

const hex = (text: string) => Buffer.from(text.replaceAll(" ", ""), "hex");

function read(bytes: Uint8Array) {
  const header = new GtpuHeader();
  const problem = header.read(bytes, 0, bytes.length);
  return problem ?? { ...header, isOfTunnel: header.isOfTunnel };
}

const sound = [
  {
    name: "a G-PDU without options",
    bytes: "30 ff 0003 deadbeef 450001",
    fields: { messageType: 255, teid: 0xdeadbeef, sequence: -1, payloadStart: 8, end: 11, isOfTunnel: true },
  },
  {
    name: "a G-PDU with a PDU session container, as N3 has it",
    bytes: "34 ff 000a 00000007 0000 00 85 01 00 09 00 4500",
    fields: { teid: 7, sequence: -1, nPdu: -1, extensionCount: 1, payloadStart: 16, end: 18 },
  },
  {
    name: "sequence and N-PDU numbers",
    bytes: "33 ff 0004 00000001 1234 56 00",
    fields: { sequence: 0x1234, nPdu: 0x56, extensionCount: 0, payloadStart: 12 },
  },
  {
    name: "two extension headers, one of 8 bytes",
    bytes: "36 ff 0010 00000001 0009 00 c0 01 0102 85 02 000000000000 00",
    fields: { sequence: 9, extensionCount: 2, payloadStart: 24, end: 24 },
  },
  {
    name: "an echo request, which is of two nodes",
    bytes: "32 01 0004 00000000 0001 00 00",
    fields: { messageType: 1, teid: 0, sequence: 1, isOfTunnel: false },
  },
  {
    name: "an echo response with its recovery counter",
    bytes: "32 02 0006 00000000 0001 00 00 0e 00",
    fields: { messageType: 2, payloadStart: 12, end: 14, isOfTunnel: false },
  },
  {
    name: "an error indication, which names the tunnel in its elements",
    bytes: "32 1a 0010 00000000 0000 00 00 10 00000007 85 0004 0a000001",
    fields: { messageType: 26, teid: 0, isOfTunnel: false },
  },
  { name: "an end marker", bytes: "30 fe 0000 00000007", fields: { messageType: 254, teid: 7, isOfTunnel: true } },
  { name: "bytes behind the message", bytes: "30 ff 0001 00000007 45 ffff", fields: { payloadStart: 8, end: 9 } },
];

test.each(sound)("reads $name", ({ bytes, fields }) => expect(read(hex(bytes))).toMatchObject(fields));

const bad = [
  { bytes: "30 ff 0000 000000", problem: "truncated" },
  { bytes: "50 ff 0000 00000007", problem: "wrong_version" },
  { bytes: "20 ff 0000 00000007", problem: "wrong_protocol_type" },
  { bytes: "30 ff 0002 00000007 45", problem: "wrong_length" },
  { bytes: "32 ff 0003 00000007 000100", problem: "wrong_length" },
  { bytes: "34 ff 0004 00000007 0000 00 85", problem: "wrong_extension_length" },
  { bytes: "34 ff 0008 00000007 0000 00 85 00000000", problem: "wrong_extension_length" },
  { bytes: "34 ff 0008 00000007 0000 00 85 02000000", problem: "wrong_extension_length" },
  { bytes: `34 ff 0048 00000007 0000 00 85 ${"01 0000 85".repeat(17)}`, problem: "too_many_extensions" },
];

test.each(bad)("$problem: $bytes", ({ bytes, problem }) => expect(read(hex(bytes))).toBe(problem));

test("reads in the middle of a buffer", () => {
  const header = new GtpuHeader();
  expect(header.read(hex("ffff 30 ff 0001 00000007 45 ff"), 2, 11)).toBeUndefined();
  expect(header).toMatchObject({ teid: 7, payloadStart: 10, end: 11 });
});

test("nothing of the message before is left", () => {
  const header = new GtpuHeader();
  const [first, second] = [hex("37 ff 0008 00000001 1234 56 85 01000000"), hex("30 fe 0000 00000002")];
  header.read(first, 0, first.length);
  header.read(second, 0, second.length);
  expect({ ...header }).toEqual({ messageType: 254, teid: 2, sequence: -1, nPdu: -1, extensionCount: 0, payloadStart: 8, end: 8 }); // biome-ignore format: one line
});

test("any bytes are read or refused, within their bounds", () => {
  const header = new GtpuHeader();
  const likely = fc.tuple(fc.integer({ min: 0x30, max: 0x3f }), fc.uint8Array({ maxLength: 200 }));
  const any = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    likely.map(([flags, rest]) => Uint8Array.of(flags, 255, 0, rest.length, ...rest)),
  );
  fc.assert(
    fc.property(any, (bytes) => {
      if (header.read(bytes, 0, bytes.length) !== undefined) return;
      expect(header.payloadStart).toBeLessThanOrEqual(header.end);
      expect(header.end).toBeLessThanOrEqual(bytes.length);
    }),
  );
});

test.each(sound)("refuses every beginning of $name that is not the whole message", ({ bytes }) => {
  const whole = hex(bytes);
  const { end } = read(whole) as { end: number };
  for (let length = 0; length < end; length++) expect(read(whole.subarray(0, length))).toBeTypeOf("string");
});
