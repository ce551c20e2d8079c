/** Ordered rules over a flow's addresses: the first that fits decides. */
import { BlockList, isIPv6 } from "node:net";
import { z } from "zod";
import type { FlowDirection, FlowHeader } from "../service-function/proxy-header.ts";

const port = z.int().min(0).max(65_535);
const cidr = z.string().refine(isCidr, "must be an address and a prefix length, such as 10.60.0.0/16");

export const firewallRule = z.strictObject({
  name: z.string().min(1).max(64).describe("Named in verdicts and statistics"),
  source: cidr.optional().describe("Network the flow comes from; any when absent"),
  destinationPorts: z
    .strictObject({ from: port, to: port })
    .refine(({ from, to }) => from <= to, "from must not be above to")
    .optional()
    .describe("Destination ports, both ends included; any when absent"),
  direction: z.enum(["request", "response"]).optional().describe("Direction of the bytes; any when absent"),
  action: z.enum(["allow", "deny"]),
});
export type FirewallRule = z.output<typeof firewallRule>;

export type FirewallAction = FirewallRule["action"];

export interface Verdict {
  readonly action: FirewallAction;
  /** The rule that decided; `default` where none fitted. */
  readonly rule: string;
}

/** Decides on flows; a flow without a direction fits only rules without one. */
export function compileFirewall(
  rules: readonly FirewallRule[],
  defaultAction: FirewallAction,
): (header: FlowHeader) => Verdict {
  const compiled = rules.map((rule) => ({ rule, fits: compileRule(rule) }));
  return (header) => {
    const decisive = compiled.find(({ fits }) => fits(header))?.rule;
    return decisive ? { action: decisive.action, rule: decisive.name } : { action: defaultAction, rule: "default" };
  };
}

function compileRule({ source, destinationPorts, direction }: FirewallRule): (header: FlowHeader) => boolean {
  const sources = source === undefined ? undefined : networkOf(source);
  return (header) =>
    (!sources || sources.check(header.source.host, isIPv6(header.source.host) ? "ipv6" : "ipv4")) &&
    (!destinationPorts || isBetween(header.destination.port, destinationPorts)) &&
    (direction === undefined || isSame(direction, header.direction));
}

function networkOf(source: string): BlockList {
  const [address = "", prefix = ""] = source.split("/");
  const list = new BlockList();
  list.addSubnet(address, Number(prefix), isIPv6(address) ? "ipv6" : "ipv4");
  return list;
}

function isCidr(text: string): boolean {
  const [address = "", prefix = "", ...others] = text.split("/");
  if (others.length > 0 || !/^\d{1,3}$/.test(prefix)) return false;
  if (z.ipv4().safeParse(address).success) return Number(prefix) <= 32;
  return z.ipv6().safeParse(address).success && Number(prefix) <= 128;
}

function isBetween(value: number, { from, to }: { from: number; to: number }): boolean {
  return value >= from && value <= to;
}

function isSame(direction: FlowDirection, of: FlowDirection | undefined): boolean {
  return direction === of;
}
