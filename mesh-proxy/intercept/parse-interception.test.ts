import { expect, test } from "vitest";
import { type Read, readCidrs, readDatagrams, readIds, readPort, readPorts } from "./parse-interception.ts";

test("ports are numbers and ranges; empty places between commas are nothing", () => {
  expect(readPorts("80, 8000-8100,")).toEqual({
    kind: "read",
    value: [
      { first: 80, last: 80 },
      { first: 8000, last: 8100 },
    ],
  });
  expect(readPorts("")).toEqual({ kind: "read", value: [] });
});

test("an address alone is a block of one", () => {
  expect(readCidrs("10.1.2.3,fd00::/8")).toMatchObject({
    value: [{ prefixLength: 32 }, { prefixLength: 8 }],
  });
});

test("datagrams are of a name or an address of either family", () => {
  const ports = { port: 2152, toPort: 15012 };
  expect(readDatagrams("10.96.0.7:2152=15012")).toEqual({ kind: "read", value: { host: "10.96.0.7", ...ports } });
  expect(readDatagrams("[fd00::7]:2152=15012")).toEqual({ kind: "read", value: { host: "fd00::7", ...ports } });
  expect(readDatagrams("upf.core:2152=15012")).toEqual({ kind: "read", value: { host: "upf.core", ...ports } });
});

const wrong: readonly { name: string; read: Read<unknown>; reason: RegExp }[] = [
  { name: "port 0", read: readPorts("0"), reason: /"0" is no port/ },
  { name: "a port above 65535", read: readPort("65536"), reason: /"65536" is no port/ },
  { name: "a range backwards", read: readPorts("9-8"), reason: /"9-8" is no port/ },
  { name: "a range of three", read: readPorts("1-2-3"), reason: /"1-2-3"/ },
  { name: "a rule in place of a port", read: readPorts("80 } return"), reason: /"80 } return"/ },
  { name: "a block that is none", read: readCidrs("10.0.0.0/33"), reason: /no block/ },
  { name: "a host name", read: readCidrs("example.org"), reason: /no block/ },
  { name: "a user's name", read: readIds("root"), reason: /"root" is no numeric id/ },
  { name: "the kernel's no user", read: readIds("4294967295"), reason: /no numeric id/ },
  { name: "more than the limit", read: readIds(new Array(257).fill("1").join(",")), reason: /more than 256/ },
  { name: "datagrams without a listener", read: readDatagrams("10.0.0.1:53"), reason: /host:port=listenPort/ },
  { name: "datagrams of no address", read: readDatagrams("10.0.0.999:53=15012"), reason: /host:port=listenPort/ },
];

test.each(wrong)("$name is refused with the reason", ({ read, reason }) => {
  expect(read).toMatchObject({ kind: "wrong", reason: expect.stringMatching(reason) });
});
