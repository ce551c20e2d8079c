import { expect, test } from "vitest";
import { parseMeshPolicy } from "./mesh-policy.ts";

function policy(spec: unknown): unknown {
  return { apiVersion: "weft.dev/v1alpha1", kind: "MeshPolicy", metadata: { namespace: "core", name: "p" }, spec };
}

test("a policy says under which transport traffic comes, and who may do what", () => {
  const spec = {
    selector: { matchLabels: { app: "udm" } },
    mtls: { mode: "Strict", ports: [{ port: 9090, mode: "Permissive" }] },
    authorization: [
      { action: "Allow", name: "amf", from: [{ namespaces: ["core"] }], to: [{ methods: ["GET"], paths: ["/nudm*"] }] },
      { action: "Deny" },
    ],
  };
  expect(parseMeshPolicy(policy(spec))).toEqual({
    kind: "parsed",
    value: {
      namespace: "core",
      name: "p",
      selector: { app: "udm" },
      mode: "Strict",
      ports: [{ port: 9090, mode: "Permissive" }],
      rules: [{ ...spec.authorization[0] }, { name: "1", action: "Deny", from: [], to: [] }],
    },
  });
});

test.each([
  { name: "nothing", spec: {}, field: "spec" },
  { name: "a misspelt mode", spec: { mtls: { mode: "STRICT" } }, field: "spec.mtls.mode" },
  {
    name: "a port twice",
    spec: {
      mtls: {
        ports: [
          { port: 1, mode: "Off" },
          { port: 1, mode: "Strict" },
        ],
      },
    },
    field: "spec.mtls.ports",
  },
  { name: "no action", spec: { authorization: [{}] }, field: "spec.authorization[0].action" },
  {
    name: "an identity of another scheme",
    spec: { authorization: [{ action: "Allow", from: [{ identities: ["amf"] }] }] },
    field: "spec.authorization[0].from[0].identities[0]",
  },
  {
    name: "an asterisk within a path",
    spec: { authorization: [{ action: "Deny", to: [{ paths: ["/a*b"] }] }] },
    field: "spec.authorization[0].to[0].paths[0]",
  },
  {
    name: "an empty list, which would be nobody or everybody",
    spec: { authorization: [{ action: "Allow", from: [{ namespaces: [] }] }] },
    field: "spec.authorization[0].from[0].namespaces",
  },
])("$name is rejected with its field", ({ spec, field }) => {
  expect(parseMeshPolicy(policy(spec))).toMatchObject({ kind: "rejected", field });
});
