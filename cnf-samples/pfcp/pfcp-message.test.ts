import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  fSeid,
  fTeid,
  nodeId,
  outerHeaderCreation,
  readFSeid,
  readFTeid,
  readNodeId,
  readOuterHeaderCreation,
} from "./addresses.ts";
import { elementTypes, grouped, readElements, uint8, uint16, uint32, writeElements } from "./information-element.ts";
import { decodePfcp, encodePfcp, isRequest, messageTypes } from "./pfcp-message.ts";

/** Written out by hand from TS 29.244. */
const golden = [
  {
    name: "a heartbeat request",
    message: { type: 1, sequence: 0x010203, elements: [uint32(elementTypes.recoveryTimeStamp, 0xe8000000)] },
    bytes: "20 01 000c 010203 00  0060 0004 e8000000",
  },
  {
    name: "an association setup request",
    message: { type: 5, sequence: 1, elements: [nodeId("127.0.0.9"), uint32(elementTypes.recoveryTimeStamp, 1)] },
    bytes: "20 05 0015 000001 00  003c 0005 007f000009  0060 0004 00000001",
  },
  {
    name: "a session deletion request",
    message: { type: 54, seid: 0x1122334455667788n, sequence: 2, elements: [] },
    bytes: "21 36 000c 1122334455667788 000002 00",
  },
  {
    name: "an F-SEID, an F-TEID to choose and a PDR in a group",
    message: {
      type: 50,
      seid: 0n,
      sequence: 3,
      elements: [
        fSeid({ seid: 5n, address: "10.0.0.1" }),
        grouped(elementTypes.createPdr, [
          uint16(elementTypes.pdrId, 1),
          fTeid("choose"),
          uint8(elementTypes.sourceInterface, 0),
        ]),
      ],
    },
    bytes: `21 32 0031 0000000000000000 000003 00
      0039 000d 02 0000000000000005 0a000001
      0001 0010 0038 0002 0001  0015 0001 05  0014 0001 00`,
  },
];

describe.each(golden)("$name", ({ message, bytes }) => {
  const wire = Buffer.from(bytes.replace(/\s/g, ""), "hex");

  test("is written as TS 29.244 has it", () => {
    expect(encodePfcp(message).toString("hex")).toBe(wire.toString("hex"));
  });

  test("is read back", () => {
    expect(decodePfcp(wire)).toEqual({ kind: "message", message });
  });
});

test("addresses and tunnels read back as written", () => {
  const tunnel = { address: "192.0.2.7", teid: 0xfedcba98 };
  expect(readFTeid(fTeid(tunnel).value)).toEqual(tunnel);
  expect(readFTeid(fTeid("choose").value)).toBe("choose");
  expect(readOuterHeaderCreation(outerHeaderCreation(tunnel).value)).toEqual(tunnel);
  expect(readFSeid(fSeid({ seid: 9n, address: "192.0.2.1" }).value)).toEqual({ seid: 9n, address: "192.0.2.1" });
  expect(readNodeId(nodeId("192.0.2.1").value)).toBe("192.0.2.1");
});

describe("a datagram", () => {
  const cases = [
    { name: "shorter than a header is malformed", bytes: "2001", kind: "malformed" },
    { name: "whose length is wrong is malformed", bytes: "20010005 01020300", kind: "malformed" },
    { name: "whose element runs over the end is malformed", bytes: "20010008 01020300 00600009", kind: "malformed" },
    { name: "with a second message is malformed", bytes: "24010004 01020300", kind: "malformed" },
    { name: "of another version is told apart", bytes: "40010004 01020300", kind: "version" },
  ];
  test.each(cases)("$name", ({ bytes, kind }) => {
    expect(decodePfcp(Buffer.from(bytes.replace(/ /g, ""), "hex")).kind).toBe(kind);
  });

  test("of any bytes never throws", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void decodePfcp(Buffer.from(bytes))));
  });
});

test("any elements read back as written", () => {
  const anyElement = fc.record({
    type: fc.nat(0xffff),
    value: fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
  });
  fc.assert(
    fc.property(fc.array(anyElement, { maxLength: 20 }), (elements) => {
      expect(readElements(writeElements(elements))).toEqual(elements);
    }),
  );
});

test("requests are told from responses", () => {
  const requests = Object.entries(messageTypes).filter(([, type]) => isRequest(type));
  expect(requests.every(([name]) => name.endsWith("Request"))).toBe(true);
  expect(requests).toHaveLength(6);
});
