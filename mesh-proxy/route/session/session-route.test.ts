import { expect, test } from "vitest";
import type { SessionPersistence } from "../../../core/model/request-rule.ts";
import { buildEndpoint } from "../../../test/builders/mesh-snapshot.ts";
import { podDigest } from "../../balance/pod-digest.ts";
import { headOfFields } from "../match/head-of-fields.ts";
import { type SessionRoute, sessionRoute } from "./session-route.ts";

const [one, two, other] = [buildEndpoint("edge/a-0"), buildEndpoint("edge/a-1"), buildEndpoint("edge/b-0")];
const cookie: SessionPersistence = { carrier: "cookie", name: "weft" };
const backends = [
  { of: "a", endpoints: [one, two] },
  { of: "b", endpoints: [other] },
];

/** What the client says after an answer that told it `line`. */
function headAfter(route: SessionRoute<string>, line: string | undefined) {
  const { carrier, name } = route.policy;
  const said = line?.split(";")[0] ?? "";
  return headOfFields([":method", "GET", ":path", "/", carrier === "cookie" ? "cookie" : name, said]);
}

test("a session is found at the endpoint and the backend that answered first, and told once", () => {
  const route = sessionRoute(cookie, backends, podDigest);
  const line = route.lineFor(undefined, other, 100);
  expect(line).toEqual({ name: "set-cookie", value: `weft=${podDigest("edge/b-0")}; Path=/; HttpOnly` });
  const held = route.find(headAfter(route, line?.value), 9_999_999);
  expect(held).toEqual({ of: "b", endpoint: other, times: undefined });
  expect(route.lineFor(held, other, 9_999_999)).toBeUndefined();
});

test("a session stays with its endpoint while another stands in", () => {
  const route = sessionRoute(cookie, backends, podDigest);
  const held = route.find(headAfter(route, route.lineFor(undefined, one, 1)?.value), 1);
  expect(route.lineFor(held, two, 2)).toBeUndefined();
});

test("a session whose endpoint is gone begins anew", () => {
  const line = sessionRoute(cookie, backends, podDigest).lineFor(undefined, one, 1);
  const route = sessionRoute(cookie, [{ of: "a", endpoints: [two] }], podDigest);
  expect(route.find(headAfter(route, line?.value), 1)).toBeUndefined();
});

test("a session is over so long after it began, and a permanent cookie with it", () => {
  const route = sessionRoute({ ...cookie, absoluteMs: 60_000, isPermanent: true }, backends, podDigest);
  const line = route.lineFor(undefined, one, 1000);
  expect(line?.value).toMatch(/; HttpOnly; Max-Age=60$/);
  expect(route.find(headAfter(route, line?.value), 1060)?.endpoint).toBe(one);
  expect(route.find(headAfter(route, line?.value), 1061)).toBeUndefined();
});

test("a session is over so long after its last answer, of which the client is told now and then", () => {
  const route = sessionRoute(
    { carrier: "header", name: "x-s", idleMs: 100_000, absoluteMs: 1_000_000 },
    backends,
    podDigest,
  );
  const first = route.lineFor(undefined, one, 1000);
  expect(first?.name).toBe("x-s");
  const held = route.find(headAfter(route, first?.value), 1005);
  expect(route.lineFor(held, one, 1005)).toBeUndefined();
  const later = route.find(headAfter(route, first?.value), 1090);
  const second = route.lineFor(later, two, 1090);
  expect(route.find(headAfter(route, first?.value), 1101)).toBeUndefined();
  expect(route.find(headAfter(route, second?.value), 1190)).toMatchObject({ endpoint: one, times: { beganS: 1000 } });
});

test("what a client makes up is no session", () => {
  const timed = sessionRoute({ ...cookie, idleMs: 1000 }, backends, podDigest);
  for (const text of ["", "weft=", "weft=0000000000000000", `weft=${podDigest("edge/a-0")}`])
    expect(timed.find(headAfter(timed, text), 1)).toBeUndefined();
});
