import { expect, test } from "vitest";
import { podAddressVariable } from "../platform/schema/deployment.ts";
import { sampleArguments } from "./sample-arguments.ts";

const network = { podAddress: "127.1.0.7", hosts: new Map([["upf", "127.1.0.9"]]) };

test("settings get the pod's own address and the addresses of named Services", () => {
  const args = [
    "sample",
    "smf",
    "--set",
    "host=$(POD_IP)",
    "--set",
    "upstreams.udm=http://127.0.0.1:15012",
    "--set",
    "upfAddress=upf",
  ];
  expect(sampleArguments({ args, env: { POD_IP: podAddressVariable } }, network)).toEqual({
    sample: "smf",
    set: ["host=127.1.0.7", "upstreams.udm=http://127.1.0.7:15012", "upfAddress=127.1.0.9"],
  });
});

test.each([
  { args: ["serve"], message: /args: the lab runs/ },
  { args: ["sample", "nrf", "--port", "1"], message: /found --port/ },
  { args: ["sample", "nrf", "--set"], message: /found --set/ },
])("$args is refused", ({ args, message }) => {
  expect(() => sampleArguments({ args, env: {} }, network)).toThrow(message);
});
