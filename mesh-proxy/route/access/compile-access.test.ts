import { Buffer } from "node:buffer";
import { expect, test } from "vitest";
import type { AccessRule } from "../../../core/model/mesh-snapshot.ts";
import { parseSpiffeId } from "../../../core/model/spiffe-id.ts";
import { HTTP1_EVENT } from "../../codec/http1/http1-event.ts";
import { createHttp1Scanners } from "../../codec/http1/http1-scanner.ts";
import type { RequestHead } from "../match/request-head.ts";
import { compileAccess } from "./compile-access.ts";

function rule(fields: Partial<AccessRule>): AccessRule {
  return { policy: "core/p", name: "r", action: "Allow", from: [], to: [], ...fields };
}

function identity(id: string | undefined) {
  const parsed = id === undefined ? undefined : parseSpiffeId(id);
  return parsed?.kind === "parsed" ? parsed.value : undefined;
}

function head(method: string, target: string, host = "udm.core"): RequestHead {
  const { request } = createHttp1Scanners();
  const bytes = Buffer.from(`${method} ${target} HTTP/1.1\r\nhost: ${host}\r\n\r\n`);
  expect(request.next(bytes, 0, bytes.length)).toBe(HTTP1_EVENT.head);
  return request;
}

interface Asked {
  readonly id?: string | undefined;
  readonly port?: number;
  readonly request?: RequestHead;
}

function judge(rules: readonly AccessRule[], { id, port = 80, request }: Asked = {}) {
  return compileAccess({ rules, http1Ports: [80] }).judge({ identity: identity(id), port }, request);
}

const amf = "spiffe://cluster.local/ns/core/sa/amf";
const smf = "spiffe://cluster.local/ns/core/sa/smf";
const dn = "spiffe://cluster.local/ns/edge/sa/dn";

test("without rules everything is allowed, and by none", () => {
  expect(judge([])).toEqual({ isAllowed: true, by: undefined, audits: [] });
});

test("a denial goes before what is allowed, wherever it stands", () => {
  const rules = [rule({ name: "all" }), rule({ action: "Deny", name: "no-smf", from: [{ identities: [smf] }] })];
  expect(judge(rules, { id: smf })).toMatchObject({ isAllowed: false, by: { rule: "no-smf" } });
  expect(judge(rules, { id: amf })).toMatchObject({ isAllowed: true, by: { rule: "all" } });
});

test("with denials alone the rest is allowed; with an allowance the rest is refused", () => {
  const deny = rule({ action: "Deny", from: [{ identities: [smf] }] });
  expect(judge([deny], { id: amf })).toMatchObject({ isAllowed: true, by: undefined });
  expect(judge([rule({ from: [{ identities: [smf] }] })], { id: amf })).toMatchObject({
    isAllowed: false,
    by: { policy: "", rule: "", action: "Deny" },
  });
});

test("rules that watch are all named, and decide nothing", () => {
  const watch = rule({ action: "Audit", name: "watch" });
  const rules = [watch, { ...watch, name: "also" }, rule({ action: "Audit", name: "not", to: [{ ports: [1] }] })];
  expect(judge(rules)).toMatchObject({ isAllowed: true, by: undefined, audits: [{ rule: "watch" }, { rule: "also" }] });
});

test.each([
  { name: "an identity", from: { identities: [amf] }, holds: [amf], fails: [smf, dn, undefined] },
  {
    name: "the beginning of identities",
    from: { identities: ["spiffe://cluster.local/ns/core/*"] },
    holds: [amf, smf],
    fails: [dn, undefined],
  },
  { name: "any identity", from: { identities: ["*"] }, holds: [amf, dn], fails: [undefined] },
  {
    name: "a namespace",
    from: { namespaces: ["core"] },
    holds: [amf, smf],
    fails: [dn, undefined, "spiffe://cluster.local/core"],
  },
  { name: "both", from: { identities: [amf, dn], namespaces: ["core"] }, holds: [amf], fails: [smf, dn, undefined] },
])("$name is who a rule is about", ({ from, holds, fails }) => {
  const rules = [rule({ from: [from] })];
  expect(holds.map((id) => judge(rules, { id }).isAllowed)).not.toContain(false);
  expect(fails.map((id) => judge(rules, { id }).isAllowed)).not.toContain(true);
});

test.each([
  { to: { ports: [80] }, holds: [head("GET", "/")], fails: [] },
  { to: { ports: [81] }, holds: [], fails: [head("GET", "/")] },
  {
    to: { methods: ["GET", "HEAD"] },
    holds: [head("GET", "/"), head("HEAD", "/")],
    fails: [head("POST", "/"), head("get", "/")],
  },
  {
    to: { paths: ["/a/b"] },
    holds: [head("GET", "/a/b"), head("GET", "/a/b?q"), head("GET", "http://x/a/b")],
    fails: [head("GET", "/a/b/"), head("GET", "/a")],
  },
  {
    to: { paths: ["/a/*"] },
    holds: [head("GET", "/a/"), head("GET", "/a/b/c")],
    fails: [head("GET", "/a"), head("GET", "/b/a/")],
  },
  {
    to: { paths: ["/admin*"] },
    holds: ["/admin", "/%61dmin", "//admin", "/./admin", "/x/../admin", "/x/%2e%2e/admin", "/x%5c..%5cadmin"].map(
      (path) => head("GET", path),
    ),
    fails: [head("GET", "/x/admin"), head("GET", "/Admin")],
  },
  {
    to: { hosts: ["udm.core"] },
    holds: [head("GET", "/"), head("GET", "/", "UDM.core:8080")],
    fails: [head("GET", "/", "udr.core"), head("GET", "http://udr.core/")],
  },
  {
    to: { hosts: ["*.example.org"] },
    holds: [head("GET", "/", "a.example.org")],
    fails: [head("GET", "/", "example.org")],
  },
  {
    to: { methods: ["GET"], paths: ["/a"] },
    holds: [head("GET", "/a")],
    fails: [head("PUT", "/a"), head("GET", "/b")],
  },
])("$to is what a rule is about", ({ to, holds, fails }) => {
  const rules = [rule({ to: [to] })];
  expect(holds.map((request) => judge(rules, { request }).isAllowed)).not.toContain(false);
  expect(fails.map((request) => judge(rules, { request }).isAllowed)).not.toContain(true);
});

test("where no request is seen, what is asked of one never allows, and always denies", () => {
  const to = [{ ports: [80], methods: ["DELETE"] }];
  expect(judge([rule({ to })]).isAllowed).toBe(false);
  expect(judge([rule({ action: "Deny", to })]).isAllowed).toBe(false);
  expect(judge([rule({ action: "Deny", to })], { port: 81 }).isAllowed).toBe(true);
  expect(judge([rule({ action: "Audit", to })]).audits).toEqual([]);
});

test("a header that names another target for a proxy does not change the host", () => {
  const { request } = createHttp1Scanners();
  const bytes = Buffer.from("GET / HTTP/1.1\r\nhost: secret.core\r\n3gpp-Sbi-Target-apiRoot: http://open.core\r\n\r\n");
  request.next(bytes, 0, bytes.length);
  expect(judge([rule({ action: "Deny", to: [{ hosts: ["secret.core"] }] })], { request }).isAllowed).toBe(false);
});

test("a port's mode goes before the pod's", () => {
  const access = compileAccess({
    mtls: { mode: "Strict", ports: [{ port: 80, mode: "Off" }] },
    rules: [],
    http1Ports: [],
  });
  expect([access.modeOf(80), access.modeOf(81)]).toEqual(["Off", "Strict"]);
});
