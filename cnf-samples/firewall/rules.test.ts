import { describe, expect, test } from "vitest";
import { compileFirewall, type FirewallRule, firewallRule } from "./rules.ts";

const rules: readonly FirewallRule[] = [
  { name: "no-printer", destinationPorts: { from: 9100, to: 9107 }, action: "deny" },
  { name: "office", source: "10.60.0.0/16", action: "allow" },
  { name: "office-v6", source: "2001:db8::/32", action: "allow" },
  { name: "no-answers", direction: "response", action: "deny" },
];
const decide = compileFirewall(rules, "deny");
const flow = (source: string, port: number, direction?: "request" | "response") => ({
  source: { host: source, port: 40_000 },
  destination: { host: "192.0.2.1", port },
  direction,
});

describe("a flow", () => {
  const cases = [
    {
      name: "is decided by the first rule that fits",
      flow: flow("10.60.1.1", 9100),
      verdict: { action: "deny", rule: "no-printer" },
    },
    {
      name: "at the end of a port range is in it",
      flow: flow("10.60.1.1", 9107),
      verdict: { action: "deny", rule: "no-printer" },
    },
    {
      name: "past a port range is not in it",
      flow: flow("10.60.1.1", 9108),
      verdict: { action: "allow", rule: "office" },
    },
    { name: "of the network is in it", flow: flow("10.60.255.255", 80), verdict: { action: "allow", rule: "office" } },
    {
      name: "beside the network is not in it",
      flow: flow("10.61.0.0", 80),
      verdict: { action: "deny", rule: "default" },
    },
    {
      name: "of an IPv6 network is in it",
      flow: flow("2001:db8:ffff::1", 80),
      verdict: { action: "allow", rule: "office-v6" },
    },
    {
      name: "back fits a rule for answers",
      flow: flow("192.0.2.9", 80, "response"),
      verdict: { action: "deny", rule: "no-answers" },
    },
    {
      name: "that fits none gets the default",
      flow: flow("192.0.2.9", 80, "request"),
      verdict: { action: "deny", rule: "default" },
    },
  ];
  test.each(cases)("$name", ({ flow: header, verdict }) => {
    expect(decide(header)).toEqual(verdict);
  });
});

describe("a rule is refused", () => {
  const cases = [
    { name: "with half a network", rule: { source: "10.60.0.0" } },
    { name: "with too long a prefix", rule: { source: "10.60.0.0/33" } },
    { name: "with an address that is none", rule: { source: "10.60.0/16" } },
    { name: "with ports the wrong way round", rule: { destinationPorts: { from: 2, to: 1 } } },
    { name: "with a field it does not have", rule: { port: 80 } },
  ];
  test.each(cases)("$name", ({ rule }) => {
    expect(firewallRule.safeParse({ name: "x", action: "deny", ...rule }).success).toBe(false);
  });
});
