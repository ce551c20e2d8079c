import { expect, test } from "vitest";
import { type Cidr, parseCidr } from "../../core/model/cidr.ts";
import { type Capture, type Interception, renderRemoval, renderRuleset } from "./nft-ruleset.ts";

const everything = { ports: [], cidrs: [] };
const outbound: Capture = { toPort: 15001, included: everything, excluded: everything };
const inbound: Capture = { toPort: 15006, included: everything, excluded: everything };
const plain: Interception = {
  proxyUids: [15008],
  proxyGids: [],
  proxyPorts: [15008, 15020],
  outbound,
  inbound,
  datagrams: [],
};

/** The parts of a ruleset without the lines that every one begins with. */
const golden: readonly { name: string; interception: Interception; body: string }[] = [
  {
    name: "everything but the proxy's own, loopback and what a pod forwards",
    interception: plain,
    body: `
	chain outbound {
		type nat hook output priority -100; policy accept;
		meta skuid { 15008 } return
		oifname "lo" return
		meta l4proto != tcp return
		tcp flags & (fin | syn | rst | ack) != syn return
		ip6 daddr fe80::/10 return
		tcp dport { 15008, 15020 } return
		meta l4proto tcp redirect to :15001
	}

	chain inbound {
		type nat hook prerouting priority dstnat; policy accept;
		iifname "lo" return
		fib daddr type != local return
		meta l4proto != tcp return
		tcp flags & (fin | syn | rst | ack) != syn return
		ip6 daddr fe80::/10 return
		tcp dport { 15008, 15020 } return
		meta l4proto tcp redirect to :15006
	}`,
  },
  {
    name: "exclusions go before inclusions, and families have sets of their own",
    interception: {
      ...plain,
      inbound: undefined,
      proxyGids: [7, 8],
      outbound: {
        toPort: 15001,
        included: { ports: [{ first: 80, last: 80 }], cidrs: cidrs("10.0.0.0/8", "fd00::/8") },
        excluded: { ports: [{ first: 8000, last: 8100 }], cidrs: cidrs("10.1.0.0/16", "fd00:0:0:1::/64") },
      },
    },
    body: `
	set outbound_excluded_ports {
		type inet_service
		flags interval
		auto-merge
		elements = { 8000-8100 }
	}

	set outbound_excluded_ipv4 {
		type ipv4_addr
		flags interval
		auto-merge
		elements = { 10.1.0.0/16 }
	}

	set outbound_excluded_ipv6 {
		type ipv6_addr
		flags interval
		auto-merge
		elements = { fd00:0:0:1::/64 }
	}

	set outbound_included_ports {
		type inet_service
		flags interval
		auto-merge
		elements = { 80 }
	}

	set outbound_included_ipv4 {
		type ipv4_addr
		flags interval
		auto-merge
		elements = { 10.0.0.0/8 }
	}

	set outbound_included_ipv6 {
		type ipv6_addr
		flags interval
		auto-merge
		elements = { fd00::/8 }
	}

	chain outbound {
		type nat hook output priority -100; policy accept;
		meta skuid { 15008 } return
		meta skgid { 7, 8 } return
		oifname "lo" return
		meta l4proto != tcp return
		tcp flags & (fin | syn | rst | ack) != syn return
		ip6 daddr fe80::/10 return
		tcp dport { 15008, 15020 } return
		tcp dport @outbound_excluded_ports return
		ip daddr @outbound_excluded_ipv4 return
		ip6 daddr @outbound_excluded_ipv6 return
		tcp dport != @outbound_included_ports return
		ip daddr != @outbound_included_ipv4 return
		ip6 daddr != @outbound_included_ipv6 return
		meta l4proto tcp redirect to :15001
	}`,
  },
  {
    name: "where only blocks of one family are included, the other family is not",
    interception: {
      ...plain,
      outbound: undefined,
      inbound: { ...inbound, included: { ports: [], cidrs: cidrs("fd00::/8") } },
    },
    body: `
	set inbound_included_ipv6 {
		type ipv6_addr
		flags interval
		auto-merge
		elements = { fd00::/8 }
	}

	chain inbound {
		type nat hook prerouting priority dstnat; policy accept;
		iifname "lo" return
		fib daddr type != local return
		meta l4proto != tcp return
		tcp flags & (fin | syn | rst | ack) != syn return
		ip6 daddr fe80::/10 return
		tcp dport { 15008, 15020 } return
		meta nfproto ipv4 return
		ip6 saddr != @inbound_included_ipv6 return
		meta l4proto tcp redirect to :15006
	}`,
  },
  {
    name: "datagrams alone",
    interception: {
      ...plain,
      outbound: undefined,
      inbound: undefined,
      datagrams: [
        { address: Uint8Array.of(10, 96, 0, 7), port: 2152, toPort: 15012 },
        { address: Uint8Array.of(0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7), port: 8805, toPort: 15013 },
      ],
    },
    body: `
	chain outbound {
		type nat hook output priority -100; policy accept;
		meta skuid { 15008 } return
		ip daddr 10.96.0.7 udp dport 2152 redirect to :15012
		ip6 daddr fd00::7 udp dport 8805 redirect to :15013
	}`,
  },
];

test.each(golden)("$name", ({ interception, body }) => {
  expect(renderRuleset(interception)).toBe(`${renderRemoval()}table inet weft_intercept {${body}\n}\n`);
});

test("a table that may not be there is added before it is deleted", () => {
  expect(renderRemoval()).toBe("table inet weft_intercept\ndelete table inet weft_intercept\n");
});

function cidrs(...texts: readonly string[]): readonly Cidr[] {
  return texts.map((text) => parseCidr(text) as Cidr);
}
