import { describe, expect, test } from "vitest";
import { z } from "zod";
import { parseSampleArguments } from "./sample-arguments.ts";

const schema = z.strictObject({
  host: z.string(),
  bodyBytesMax: z.int().default(1),
  rate: z.number(),
  proxyProtocol: z.boolean().default(false),
  block: z.array(z.string()).default([]),
  rules: z.array(z.strictObject({ name: z.string() })).default([]),
  upfAddress: z.union([z.string(), z.array(z.string())]),
  upstreams: z.strictObject({ nrf: z.string(), udm: z.string() }),
});

describe("arguments", () => {
  const cases = [
    { name: "are named as the keys, in kebab-case", args: ["--body-bytes-max", "5"], config: { bodyBytesMax: 5 } },
    { name: "may be fractions where the key may", args: ["--rate", "0.5"], config: { rate: 0.5 } },
    { name: "of strings stay strings", args: ["--host", "5"], config: { host: "5" } },
    {
      name: "that are flags need no value",
      args: ["--proxy-protocol", "--host", "a"],
      config: { proxyProtocol: true, host: "a" },
    },
    { name: "that are flags may have one", args: ["--proxy-protocol", "false"], config: { proxyProtocol: false } },
    {
      name: "that are lists are repeated",
      args: ["--block", "ssh", "--block", "tls"],
      config: { block: ["ssh", "tls"] },
    },
    { name: "that are objects are JSON", args: ["--rules", '{"name":"a"}'], config: { rules: [{ name: "a" }] } },
    { name: "of one or many are many", args: ["--upf-address", "127.0.0.9"], config: { upfAddress: ["127.0.0.9"] } },
    {
      name: "of upstreams gather under one key",
      args: ["--upstream", "nrf=http://a:1", "--upstream", "udm=http://b:2"],
      config: { upstreams: { nrf: "http://a:1", udm: "http://b:2" } },
    },
  ];
  test.each(cases)("$name", ({ args, config }) => {
    expect(parseSampleArguments(args, schema)).toEqual({ configFile: undefined, config });
  });

  const faults = [
    { name: "unknown", args: ["--hots", "a"], message: "--hots is unknown" },
    { name: "without a value", args: ["--host"], message: "--host needs a value" },
    { name: "not a number", args: ["--rate", "fast"], message: "--rate must be a number" },
    { name: "not JSON", args: ["--rules", "{"], message: "--rules must be JSON" },
    { name: "not an option", args: ["host"], message: "host is not an option" },
    { name: "an upstream without a name", args: ["--upstream", "=x"], message: "--upstream must be name=url" },
  ];
  test.each(faults)("$name: the option is named", ({ args, message }) => {
    expect(() => parseSampleArguments(args, schema)).toThrow(message);
  });
});
