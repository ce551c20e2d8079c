/** Firewall: allows or refuses whole flows by their addresses. */
import { z } from "zod";
import { Counters } from "../counters.ts";
import { defineSample } from "../sample.ts";
import { refuse, transparent } from "../service-function/flow-processor.ts";
import type { FlowHeader } from "../service-function/proxy-header.ts";
import { serviceFunctionFields, startServiceFunction } from "../service-function/service-function-server.ts";
import { compileFirewall, firewallRule } from "./rules.ts";

const configSchema = z.strictObject({
  ...serviceFunctionFields,
  rules: z.array(firewallRule).max(1000).default([]).describe("The first rule that fits decides"),
  defaultAction: z.enum(["allow", "deny"]).default("allow").describe("For flows that no rule fits"),
});

const refused = refuse("flowsDenied");
const denying = { ...transparent, write: () => refused, end: () => refused };

export const firewallSample = defineSample({
  name: "firewall",
  summary: "Service function: allows or refuses flows by address, port and direction",
  configSchema,
  start: (config) => {
    const decide = compileFirewall(config.rules, config.defaultAction);
    const byRule = new Counters();
    const process = (header: FlowHeader | undefined) => {
      // The header is required here, so there is one.
      const verdict = header ? decide(header) : { action: "deny", rule: "default" };
      byRule.add(`${verdict.rule} ${verdict.action}`);
      return verdict.action === "deny" ? denying : transparent;
    };
    const statistics = () => ({ verdicts: byRule.all() });
    return startServiceFunction({
      config: { ...config, proxyProtocol: true },
      counters: new Counters(),
      process,
      statistics,
    });
  },
});
