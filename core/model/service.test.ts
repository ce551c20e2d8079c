import { expect, test } from "vitest";
import { selects, serviceOf } from "./service.ts";

const cases = [
  { name: "appProtocol kubernetes.io/h2c", port: { port: 80, appProtocol: "kubernetes.io/h2c" }, protocol: "h2c" },
  { name: "the port name grpc-sbi", port: { port: 80, name: "grpc-sbi" }, protocol: "h2c" },
  {
    name: "appProtocol http over a tcp- name",
    port: { port: 80, name: "tcp-x", appProtocol: "http" },
    protocol: "http1",
  },
  { name: "nothing declared", port: { port: 80 }, protocol: "tcp" },
];

test.each(cases)("$name means $protocol", ({ port, protocol }) => {
  expect(serviceOf({ spec: { ports: [port] } }).ports[0]?.protocol).toBe(protocol);
});

test("UDP ports are left out, target ports default to the port", () => {
  const ports = [{ port: 53, protocol: "UDP" }, { port: 80, targetPort: 8080 }, { port: 81 }];
  expect(serviceOf({ spec: { ports } }).ports.map((port) => port.targetPort)).toEqual([8080, 81]);
});

test("an empty selector selects nothing", () => {
  expect(selects({}, { app: "amf" })).toBe(false);
  expect(selects({ app: "amf" }, { app: "amf", tier: "x" })).toBe(true);
  expect(selects({ app: "amf" }, { app: "smf" })).toBe(false);
});
