import { Buffer } from "node:buffer";
import { expect, test } from "vitest";
import type { DatagramProtocol } from "../../core/model/service.ts";
import { createSessionKeys } from "./session-keys.ts";

const hex = (text: string) => Buffer.from(text.replaceAll(" ", ""), "hex");
const [a, b] = ["127.0.0.1 40000", "127.0.0.1 40001"];

function keyOf(protocol: DatagramProtocol, text: string, client: string) {
  const keys = createSessionKeys(protocol);
  const key = keys.keyOf(hex(text), client);
  return { key, isNamed: keys.isNamed, isLast: keys.isLast, problem: keys.problem };
}

const cases = [
  { name: "plain UDP goes by client", protocol: "udp", bytes: "30ff000000000007", key: a, isNamed: false },
  { name: "a G-PDU by its tunnel", protocol: "gtp-u", bytes: "30 ff 0000 00000007", key: 7, isNamed: true },
  { name: "an end marker ends its tunnel", protocol: "gtp-u", bytes: "30 fe 0000 00000007", key: 7, isLast: true },
  { name: "an echo request by client", protocol: "gtp-u", bytes: "32 01 0004 00000000 0001 0000", key: a, isNamed: false },
  { name: "what is no GTP-U by client", protocol: "gtp-u", bytes: "00", key: a, problem: "truncated" },
  { name: "a heartbeat by client", protocol: "pfcp", bytes: "20 01 0004 000001 00", key: a, isNamed: false },
  { name: "an establishment by client", protocol: "pfcp", bytes: "21 32 000c 0000000000000000 000001 00", key: a },
  {
    name: "a modification by SEID",
    protocol: "pfcp",
    bytes: "21 34 000c 00000000000000aa 000001 00",
    key: "s\0\0\0\0\0\0\0\xaa",
    isNamed: true,
    isLast: false,
  },
  { name: "a deletion ends its session", protocol: "pfcp", bytes: "21 36 000c 00000000000000aa 000001 00", isLast: true },
  { name: "what is no PFCP by client", protocol: "pfcp", bytes: "40ff000000000007", key: a, problem: "wrong_version" },
] as const; // biome-ignore format: a table

test.each(cases)("$name", ({ protocol, bytes, name: _, ...expected }) => {
  expect(keyOf(protocol, bytes, a)).toMatchObject(expected);
});

test("a tunnel is the same from any port, a client is not", () => {
  const [tunnel, echo] = ["30 ff 0000 00000007", "32 01 0004 00000000 0001 0000"];
  expect(keyOf("gtp-u", tunnel, a).key).toBe(keyOf("gtp-u", tunnel, b).key);
  expect(keyOf("gtp-u", echo, a).key).not.toBe(keyOf("gtp-u", echo, b).key);
});

test("an establishment's answer names the session as later requests do", () => {
  const keys = createSessionKeys("pfcp");
  const answer = hex("21 33 0019 1122334455667788 000001 00 0039 0009 01 00000000000000aa");
  const begun = keys.begunBy(answer);
  expect(begun).toBe(keys.keyOf(hex("21 34 000c 00000000000000aa 000002 00"), a));
});

test.each([
  { name: "a refusal, which names none", answer: "21 33 0011 1122334455667788 000001 00 0013 0001 48" },
  {
    name: "an answer to a modification",
    answer: "21 35 0019 1122334455667788 000001 00 0039 0009 01 00000000000000aa",
  },
  { name: "garbage", answer: "ff" },
])("$name begins no session", ({ answer }) => {
  expect(createSessionKeys("pfcp").begunBy(hex(answer))).toBeUndefined();
});
