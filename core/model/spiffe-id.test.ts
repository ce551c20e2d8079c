import { expect, test } from "vitest";
import { parseSpiffeId, spiffeIdOf } from "./spiffe-id.ts";

test("an id of a service account tells its trust domain, namespace and account", () => {
  const id = spiffeIdOf("cluster.local", "core", "amf");
  expect(parseSpiffeId(id)).toEqual({
    kind: "parsed",
    value: { id, trustDomain: "cluster.local", namespace: "core", serviceAccount: "amf" },
  });
});

test.each(["spiffe://example.org", "spiffe://example.org/db/Main_1.x", "spiffe://cluster.local/ns/core/sa/amf/more"])(
  "%s is an id of no service account",
  (id) => {
    expect(parseSpiffeId(id)).toMatchObject({ kind: "parsed", value: { id, namespace: undefined } });
  },
);

test.each([
  { name: "another scheme", id: "https://cluster.local/ns/core/sa/amf" },
  { name: "no trust domain", id: "spiffe:///ns/core/sa/amf" },
  { name: "an upper-case trust domain", id: "spiffe://Cluster.local/ns/core/sa/amf" },
  { name: "a port", id: "spiffe://cluster.local:8080/ns/core/sa/amf" },
  { name: "a user", id: "spiffe://me@cluster.local/ns/core/sa/amf" },
  { name: "a slash at the end", id: "spiffe://cluster.local/ns/core/" },
  { name: "an empty segment", id: "spiffe://cluster.local/ns//sa/amf" },
  { name: "a step up", id: "spiffe://cluster.local/ns/core/sa/../amf" },
  { name: "percent-encoding", id: "spiffe://cluster.local/ns/core/sa/%61mf" },
  { name: "a query", id: "spiffe://cluster.local/ns/core/sa/amf?x" },
  { name: "a comma", id: "spiffe://cluster.local/ns/core/sa/amf, URI:spiffe://x" },
  { name: "a letter beyond ASCII", id: "spiffe://cluster.local/ns/core/sa/ämf" },
  { name: "a trust domain that is too long", id: `spiffe://${"a".repeat(256)}/ns/core/sa/amf` },
  { name: "too many bytes", id: `spiffe://a/${"b".repeat(2048)}` },
])("$name is rejected with a reason", ({ id }) => {
  expect(parseSpiffeId(id)).toMatchObject({ kind: "rejected", reason: expect.stringMatching(/./) });
});
