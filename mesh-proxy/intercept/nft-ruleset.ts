/** The nft rules that bring a pod's traffic to its proxy, as one text that replaces what was there as a whole. */
import type { Cidr } from "../../core/model/cidr.ts";
import { formatIpAddress } from "../../core/model/ip-address.ts";

/** Nothing else is in it, so that removing it removes all. */
const interceptTable = "weft_intercept";

export interface Interception {
  /** Of the proxy: what it dials itself is left alone. */
  readonly proxyUids: readonly number[];
  readonly proxyGids: readonly number[];
  /** Ports that belong to proxies, here and at peers. */
  readonly proxyPorts: readonly number[];
  /** What the pod dials; undefined leaves it alone. */
  readonly outbound: Capture | undefined;
  /** What is dialled at the pod. */
  readonly inbound: Capture | undefined;
  readonly datagrams: readonly DatagramCapture[];
}

/** Ports are those of the destination; blocks are of the other side, wherever that is. */
export interface Capture {
  readonly toPort: number;
  /** An empty list is everything. */
  readonly included: Selection;
  /** Goes before what is included. */
  readonly excluded: Selection;
}

export interface Selection {
  readonly ports: readonly PortRange[];
  readonly cidrs: readonly Cidr[];
}

export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/** Datagrams that the pod sends to one address and port. */
export interface DatagramCapture {
  /** 4 or 16 bytes. */
  readonly address: Uint8Array;
  readonly port: number;
  readonly toPort: number;
}

/** For `nft -f`: one transaction, the same however often it is applied. */
export function renderRuleset(interception: Interception): string {
  const { outbound, inbound } = interception;
  const blocks = [
    ...(outbound === undefined ? [] : setsOf("outbound", outbound)),
    ...(inbound === undefined ? [] : setsOf("inbound", inbound)),
    ...outboundChain(interception),
    ...inboundChain(interception),
  ];
  return `${renderRemoval()}table inet ${interceptTable} {\n${blocks.join("\n\n")}\n}\n`;
}

/** Succeeds also where there is nothing to remove: a table that is added first is there. */
export function renderRemoval(): string {
  return `table inet ${interceptTable}\ndelete table inet ${interceptTable}\n`;
}

type Side = "outbound" | "inbound";

/** Blocks of either family have sets of their own: nft's sets have one type. */
function setsOf(side: Side, { included, excluded }: Capture): readonly string[] {
  return [...selectionSets(`${side}_excluded`, excluded), ...selectionSets(`${side}_included`, included)];
}

function selectionSets(name: string, { ports, cidrs }: Selection): readonly string[] {
  return [
    ...setOf(`${name}_ports`, "inet_service", ports.map(rangeText)),
    ...setOf(`${name}_ipv4`, "ipv4_addr", cidrs.filter(isIpv4).map(cidrText)),
    ...setOf(`${name}_ipv6`, "ipv6_addr", cidrs.filter((cidr) => !isIpv4(cidr)).map(cidrText)),
  ];
}

/** Merged, since people list blocks and ranges that overlap. */
function setOf(name: string, type: string, elements: readonly string[]): readonly string[] {
  if (elements.length === 0) return [];
  return [
    block(`set ${name}`, [`type ${type}`, "flags interval", "auto-merge", `elements = { ${elements.join(", ")} }`]),
  ];
}

function outboundChain({ proxyUids, proxyGids, proxyPorts, outbound, datagrams }: Interception): readonly string[] {
  if (outbound === undefined && datagrams.length === 0) return [];
  return [
    block("chain outbound", [
      // The same place as iptables' nat OUTPUT; nft has a name for it only in prerouting.
      "type nat hook output priority -100; policy accept;",
      ...rule(proxyUids.length > 0, `meta skuid { ${proxyUids.join(", ")} } return`),
      ...rule(proxyGids.length > 0, `meta skgid { ${proxyGids.join(", ")} } return`),
      ...datagrams.map(datagramRule),
      // The pod's own addresses, too: what it says to itself is no traffic of the mesh.
      ...rule(outbound !== undefined, `oifname "lo" return`),
      ...(outbound === undefined ? [] : captureRules("outbound", outbound, proxyPorts)),
    ]),
  ];
}

function inboundChain({ proxyPorts, inbound }: Interception): readonly string[] {
  if (inbound === undefined) return [];
  return [
    block("chain inbound", [
      "type nat hook prerouting priority dstnat; policy accept;",
      `iifname "lo" return`,
      // A pod may be a router, as user planes are: what it forwards is not dialled at it.
      "fib daddr type != local return",
      ...captureRules("inbound", inbound, proxyPorts),
    ]),
  ];
}

function captureRules(
  side: Side,
  { toPort, included, excluded }: Capture,
  proxyPorts: readonly number[],
): readonly string[] {
  const other = side === "outbound" ? "daddr" : "saddr";
  const [skipped, wanted] = [familiesOf(excluded), familiesOf(included)];
  const hasBlocks = wanted.ipv4 || wanted.ipv6;
  return [
    "meta l4proto != tcp return",
    // To the kernel the next packet of a connection that is older than the rules begins one, too.
    "tcp flags & (fin | syn | rst | ack) != syn return",
    // Such an address says nothing without its interface, which the proxy is not told.
    "ip6 daddr fe80::/10 return",
    ...rule(proxyPorts.length > 0, `tcp dport { ${proxyPorts.join(", ")} } return`),
    ...rule(excluded.ports.length > 0, `tcp dport @${side}_excluded_ports return`),
    ...rule(skipped.ipv4, `ip ${other} @${side}_excluded_ipv4 return`),
    ...rule(skipped.ipv6, `ip6 ${other} @${side}_excluded_ipv6 return`),
    ...rule(included.ports.length > 0, `tcp dport != @${side}_included_ports return`),
    // Blocks of one family alone leave out all of the other.
    ...rule(hasBlocks, wanted.ipv4 ? `ip ${other} != @${side}_included_ipv4 return` : "meta nfproto ipv4 return"),
    ...rule(hasBlocks, wanted.ipv6 ? `ip6 ${other} != @${side}_included_ipv6 return` : "meta nfproto ipv6 return"),
    `meta l4proto tcp redirect to :${toPort}`,
  ];
}

function rule(isThere: boolean, text: string): readonly string[] {
  return isThere ? [text] : [];
}

function familiesOf({ cidrs }: Selection): { readonly ipv4: boolean; readonly ipv6: boolean } {
  return { ipv4: cidrs.some(isIpv4), ipv6: cidrs.some((cidr) => !isIpv4(cidr)) };
}

function datagramRule({ address, port, toPort }: DatagramCapture): string {
  const family = address.length === 4 ? "ip" : "ip6";
  return `${family} daddr ${addressText(address)} udp dport ${port} redirect to :${toPort}`;
}

function block(head: string, lines: readonly string[]): string {
  return [`\t${head} {`, ...lines.map((line) => `\t\t${line}`), "\t}"].join("\n");
}

function rangeText({ first, last }: PortRange): string {
  return first === last ? String(first) : `${first}-${last}`;
}

function cidrText({ bytes, prefixLength }: Cidr): string {
  return `${addressText(bytes)}/${prefixLength}`;
}

/** `parseCidr` gives the mapped form of IPv4 back as IPv4, so 16 bytes are never that. */
function addressText(bytes: Uint8Array): string {
  return formatIpAddress(bytes, 0, bytes.length === 4 ? 4 : 16);
}

function isIpv4({ bytes }: Cidr): boolean {
  return bytes.length === 4;
}
