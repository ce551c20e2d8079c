import { expect, test } from "vitest";
import { portNumbered, selects, serviceOf } from "./service.ts";

const cases = [
  { name: "appProtocol kubernetes.io/h2c", port: { port: 80, appProtocol: "kubernetes.io/h2c" }, protocol: "h2c" },
  { name: "the port name grpc-sbi", port: { port: 80, name: "grpc-sbi" }, protocol: "h2c" },
  {
    name: "appProtocol http over a tcp- name",
    port: { port: 80, name: "tcp-x", appProtocol: "http" },
    protocol: "http1",
  },
  { name: "nothing declared", port: { port: 80 }, protocol: "tcp" },
  { name: "nothing declared on UDP", port: { port: 53, protocol: "UDP" }, protocol: "udp" },
  { name: "appProtocol http on UDP", port: { port: 53, protocol: "UDP", appProtocol: "http" }, protocol: "udp" },
  {
    name: "appProtocol weft.dev/gtp-u",
    port: { port: 2152, protocol: "UDP", name: "x", appProtocol: "weft.dev/gtp-u" },
    protocol: "gtp-u",
  },
  { name: "the UDP port name gtp-u-n3", port: { port: 2152, protocol: "UDP", name: "gtp-u-n3" }, protocol: "gtp-u" },
  { name: "the UDP port name pfcp", port: { port: 8805, protocol: "UDP", name: "pfcp" }, protocol: "pfcp" },
  { name: "the TCP port name pfcp", port: { port: 8805, name: "pfcp" }, protocol: "tcp" },
];

test.each(cases)("$name means $protocol", ({ port, protocol }) => {
  expect(serviceOf({ spec: { ports: [port] } }).ports[0]?.protocol).toBe(protocol);
});

test("SCTP ports are left out, target ports default to the port", () => {
  const ports = [{ port: 38412, protocol: "SCTP" }, { port: 80, targetPort: 8080 }, { port: 81 }];
  expect(serviceOf({ spec: { ports } }).ports.map((port) => port.targetPort)).toEqual([8080, 81]);
});

test("of two ports of one number the TCP port counts", () => {
  const ports = [{ port: 53, protocol: "UDP" }, { port: 53 }, { port: 54, protocol: "UDP" }];
  const service = serviceOf({ spec: { ports } });
  expect([53, 54, 55].map((port) => portNumbered(service, port)?.protocol)).toEqual(["tcp", "udp", undefined]);
});

const places = [
  { name: "one address", spec: { clusterIP: "10.96.0.7" }, addresses: ["10.96.0.7"] },
  {
    name: "an address of each family",
    spec: { clusterIP: "10.96.0.7", clusterIPs: ["10.96.0.7", "fd00::7"] },
    addresses: ["10.96.0.7", "fd00::7"],
  },
  { name: "none yet", spec: { clusterIP: "" } },
  { name: "nothing", spec: {} },
  { name: "None", spec: { clusterIP: "None", clusterIPs: ["None"] }, isHeadless: true },
];

test.each(places)("a Service with $name is dialled there", ({ spec, addresses, isHeadless }) => {
  const service = serviceOf({ spec });
  expect([service.addresses, service.isHeadless]).toEqual([addresses, isHeadless]);
});

const declarations = [
  { name: "nothing", port: { port: 80 }, isUndeclared: true },
  { name: "a name that is no protocol", port: { port: 80, name: "sbi" }, isUndeclared: true },
  { name: "the name tcp-sbi", port: { port: 80, name: "tcp-sbi" }, isUndeclared: undefined },
  { name: "the name mysql", port: { port: 3306, name: "mysql" }, isUndeclared: undefined },
  { name: "any appProtocol", port: { port: 80, appProtocol: "example.org/x" }, isUndeclared: undefined },
  { name: "UDP", port: { port: 53, protocol: "UDP" }, isUndeclared: undefined },
];

test.each(declarations)("whether a port with $name is declared", ({ port, isUndeclared }) => {
  expect(serviceOf({ spec: { ports: [port] } }).ports[0]?.isUndeclared).toBe(isUndeclared);
});

test("an empty selector selects nothing", () => {
  expect(selects({}, { app: "amf" })).toBe(false);
  expect(selects({ app: "amf" }, { app: "amf", tier: "x" })).toBe(true);
  expect(selects({ app: "amf" }, { app: "smf" })).toBe(false);
});
