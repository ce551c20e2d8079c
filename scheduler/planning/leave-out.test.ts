import { expect, test } from "vitest";
import { scenarioOf } from "../../test/builders/placement-scenario.ts";
import { leaveOut } from "./leave-out.ts";

const scenario = scenarioOf({
  nodes: { a: 4 },
  services: { amf: { replicas: 5, initial: { a: 1 } }, smf: {}, nrf: { initial: { a: 1 } } },
  traffic: [
    ["amf", "smf", 1],
    ["amf", "nrf", 1],
  ],
});
const replicasAfter = (...services: readonly string[]) => {
  const left = services.reduce<ReturnType<typeof leaveOut>>((one, service) => one && leaveOut(one, service), scenario);
  return left && Object.fromEntries(left.services.map(({ name, replicas }) => [name, replicas]));
};

test("half of the pending replicas stay, and all that stand", () => {
  expect(replicasAfter("amf")).toEqual({ amf: 3, smf: 1, nrf: 1 });
  expect(replicasAfter("amf", "amf")).toEqual({ amf: 2, smf: 1, nrf: 1 });
  expect(replicasAfter("amf", "amf", "amf")).toEqual({ amf: 1, smf: 1, nrf: 1 });
});

test("a service without any replica is gone, with its traffic and what others keep from it", () => {
  const [amf, ...others] = scenario.services;
  const apart = [
    { domains: 0, service: "smf" },
    { domains: 0, service: "nrf" },
  ];
  const keeping = { ...scenario, services: [{ ...amf, apart }, ...others] } as typeof scenario;
  const left = leaveOut(keeping, "smf");
  expect(left?.services.map(({ name }) => name)).toEqual(["amf", "nrf"]);
  expect(left?.traffic).toEqual([{ from: "amf", to: "nrf", weight: 1 }]);
  expect(left?.services[0]?.apart).toEqual([{ domains: 0, service: "nrf" }]);
});

test("once nobody is pending there is nothing to plan", () => {
  expect(replicasAfter("amf", "amf", "amf", "smf")).toBeUndefined();
});
