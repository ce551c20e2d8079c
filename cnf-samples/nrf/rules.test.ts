import { describe, expect, test } from "vitest";
import { profileOf } from "../sbi/nf-profile.ts";
import type { SbiReply } from "../sbi/problem-details.ts";
import { NfRegistry } from "./rules.ts";

const id = "11111111-1111-4111-8111-111111111111";
const profile = profileOf({
  nfInstanceId: id,
  nfType: "AUSF",
  services: ["nausf-auth"],
  endpoint: { host: "127.0.0.1", port: 8000 },
});
const limits = { heartbeatSeconds: 10, validitySeconds: 60, instancesMax: 2 };
const query = { "target-nf-type": "AUSF", "requester-nf-type": "AMF" };
const alive = [{ op: "replace" as const, path: "/nfStatus", value: "REGISTERED" }];

function found(reply: SbiReply): number {
  return (reply.body as { nfInstances: unknown[] }).nfInstances.length;
}

describe("an NF instance", () => {
  test("is found from its registration until two heartbeats are missed", () => {
    const registry = new NfRegistry(limits);
    expect(registry.register(id, profile, 0).status).toBe(201);
    expect(found(registry.discover(query, 20_000))).toBe(1);
    expect(found(registry.discover(query, 20_001))).toBe(0);
    registry.heartbeat(id, alive, 30_000);
    expect(found(registry.discover(query, 40_000))).toBe(1);
  });

  test("that registers again replaces its profile", () => {
    const registry = new NfRegistry(limits);
    registry.register(id, profile, 0);
    expect(registry.register(id, profile, 1).status).toBe(200);
  });

  test("is not found once suspended or deregistered", () => {
    const registry = new NfRegistry(limits);
    registry.register(id, profile, 0);
    registry.heartbeat(id, [{ op: "replace", path: "/nfStatus", value: "SUSPENDED" }], 1);
    expect(found(registry.discover(query, 1))).toBe(0);
    registry.deregister(id);
    expect(registry.countByType()).toEqual({});
  });

  test("is told to register anew when the NRF has forgotten it", () => {
    expect(new NfRegistry(limits).heartbeat(id, alive, 0)).toMatchObject({
      status: 404,
      body: { cause: "RESOURCE_NOT_FOUND" },
    });
  });

  test("cannot register under another's path", () => {
    const reply = new NfRegistry(limits).register("22222222-2222-4222-8222-222222222222", profile, 0);
    expect(reply).toMatchObject({ status: 400, body: { invalidParams: [{ param: "/nfInstanceId" }] } });
  });

  test("cannot patch anything but its status and load", () => {
    const registry = new NfRegistry(limits);
    registry.register(id, profile, 0);
    const reply = registry.heartbeat(id, [{ op: "replace", path: "/nfType", value: "UDM" }], 1);
    expect(reply).toMatchObject({ status: 400, body: { invalidParams: [{ param: "/0" }] } });
  });
});

test("only the service asked for is found", () => {
  const registry = new NfRegistry(limits);
  registry.register(id, profile, 0);
  expect(found(registry.discover({ ...query, "service-names": "nausf-sorprotection" }, 0))).toBe(0);
  expect(found(registry.discover({ ...query, "service-names": "nausf-auth" }, 0))).toBe(1);
});

test("instances beyond the limit are refused until lost ones are forgotten", () => {
  const registry = new NfRegistry({ ...limits, instancesMax: 1 });
  const other = { ...profile, nfInstanceId: "22222222-2222-4222-8222-222222222222" };
  registry.register(id, profile, 0);
  expect(registry.register(other.nfInstanceId, other, 1).status).toBe(503);
  expect(registry.register(other.nfInstanceId, other, 201_000).status).toBe(201);
});
