import { expect, test } from "vitest";
import { identityAmongNames } from "./certificate-identity.ts";

const id = "spiffe://cluster.local/ns/core/sa/amf";

test.each([
  { name: "one URI", names: `URI:${id}` },
  { name: "one URI among other names", names: `DNS:amf.core.svc, URI:${id}, IP Address:10.0.0.1` },
])("$name is the identity", ({ names }) => {
  expect(identityAmongNames(names)).toMatchObject({ kind: "parsed", value: { id, namespace: "core" } });
});

test.each([
  { name: "no name", names: undefined },
  { name: "no URI", names: "DNS:amf.core.svc" },
  { name: "two URIs", names: `URI:${id}, URI:spiffe://cluster.local/ns/core/sa/smf` },
  { name: "a URI of another scheme", names: "URI:https://cluster.local/ns/core/sa/amf" },
  { name: "a name that only looks like two", names: `DNS:"x, URI:${id}"` },
  { name: "more names than are read", names: `URI:${id}, ${"DNS:a, ".repeat(20_000)}` },
])("$name is none", ({ names }) => {
  expect(identityAmongNames(names)).toMatchObject({ kind: "rejected" });
});
