import { expect, test } from "vitest";
import { talkingWith } from "./talking-with.ts";

const cases = [
  { name: "nobody comes", newcomers: [], planned: { amf: ["smf"], smf: ["amf"] }, reached: [] },
  { name: "a newcomer that nobody talks with", newcomers: ["nrf"], planned: { amf: ["smf"] }, reached: ["nrf"] },
  {
    name: "a newcomer, its peer, and the peer's peer",
    newcomers: ["upf"],
    planned: { amf: ["smf"], smf: ["amf", "upf"], udm: ["udr"], udr: ["udm"] },
    reached: ["amf", "smf", "upf"],
  },
  {
    name: "two that only talk with one that stands already",
    newcomers: ["amf"],
    planned: { smf: ["nrf"], udm: ["nrf"] },
    reached: ["amf"],
  },
];

test.each(cases)("unsettled are: $name", ({ newcomers, planned, reached }) => {
  const traffic = Object.entries(planned).map(([workload, peers]) => {
    return [workload, new Map(peers.map((peer) => [peer, 1]))] as const;
  });
  expect([...talkingWith(newcomers, new Map(traffic))].sort()).toEqual(reached);
});
