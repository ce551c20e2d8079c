import { expect, test } from "vitest";
import { parseUpstreams, upstreamsMax } from "./parse-upstreams.ts";

test("an entry names a service, perhaps its namespace and port, and where to listen", () => {
  expect(parseUpstreams(" nrf=15010, dn.edge:8080=15011,, upf:2152/udp=15012, dns/udp=15013", "core")).toEqual({
    requests: [
      { service: "nrf", namespace: "core", port: undefined, listenPort: 15010 },
      { service: "dn", namespace: "edge", port: 8080, listenPort: 15011 },
      { service: "upf", namespace: "core", port: 2152, isUdp: true, listenPort: 15012 },
      { service: "dns", namespace: "core", port: undefined, isUdp: true, listenPort: 15013 },
    ],
    problems: [],
  });
});

const wrong = [
  { name: "without a port to listen on", entry: "nrf", reason: /"nrf" is not service/ },
  { name: "with an upper-case name", entry: "NRF=1", reason: /"NRF=1" is not service/ },
  { name: "with a cluster domain", entry: "nrf.core.svc=1", reason: /is not service/ },
  { name: "with port 0", entry: "nrf:0=1", reason: /the port 0, which is not within 1 to 65535/ },
  { name: "with a listenPort out of range", entry: "nrf=65536", reason: /the listenPort 65536/ },
  { name: "on the mesh port", entry: "nrf=15008", reason: /15008, which is the proxy's own/ },
  { name: "on the admin port", entry: "nrf=15020", reason: /15020, which is the proxy's own/ },
  { name: "on a port that is taken", entry: "smf=15001", reason: /15001, which amf has already/ },
  { name: "that is very long", entry: `${"x".repeat(200)}=1`, reason: /^upstreams: entry "x{80}\.\.\." is not/ },
];

test.each(wrong)("an entry $name is left out with the reason, and the others stay", ({ entry, reason }) => {
  const { requests, problems } = parseUpstreams(`amf=15001,${entry},udm=15002`, "core");
  expect(requests.map(({ service }) => service)).toEqual(["amf", "udm"]);
  expect(problems).toEqual([expect.stringMatching(reason)]);
});

test(`entries after the first ${upstreamsMax} are left out`, () => {
  const entries = Array.from({ length: upstreamsMax + 2 }, (_, at) => `s${at}=${20_000 + at}`);
  const { requests, problems } = parseUpstreams(entries.join(), "core");
  expect([requests.length, problems.length]).toEqual([upstreamsMax, 2]);
});

test("a text of more than 8192 characters counts as none", () => {
  expect(parseUpstreams("a=1,".repeat(3000), "core")).toEqual({
    requests: [],
    problems: [expect.stringContaining("longer than 8192")],
  });
});
