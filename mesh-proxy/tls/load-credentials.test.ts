import { expect, test } from "vitest";
import { createAuthority } from "../../test/tools/workload-certificates.ts";
import { loadCredentials } from "./load-credentials.ts";

const id = "spiffe://cluster.local/ns/core/sa/amf";
const nowMs = Date.now();
const authority = await createAuthority();
const own = await authority.issue([id]);
const sound = { ...own, bundle: authority.bundle };

test("a certificate, its key and a bundle are credentials of the identity that the certificate names", () => {
  const loaded = loadCredentials(sound, nowMs);
  expect(loaded).toMatchObject({ kind: "loaded", credentials: { identity: { id, namespace: "core" } } });
});

test.each([
  { name: "the key of another", texts: { ...sound, key: (await authority.issue([id])).key }, reason: /key/ },
  { name: "no certificate", texts: { ...sound, certificate: "" }, reason: /./ },
  { name: "half a certificate", texts: { ...sound, certificate: own.certificate.slice(0, 300) }, reason: /./ },
  { name: "an empty bundle", texts: { ...sound, bundle: "" }, reason: /bundle/ },
  { name: "a broken bundle", texts: { ...sound, bundle: authority.bundle.replace(/[A-Z]{4}/g, "AAAA") }, reason: /./ },
  {
    name: "an expired certificate",
    texts: { ...(await authority.issue([id], -1000)), bundle: authority.bundle },
    reason: /expired/,
  },
  {
    name: "no SPIFFE id",
    texts: { ...(await authority.issue(["https://a"])), bundle: authority.bundle },
    reason: /SPIFFE/,
  },
  {
    name: "two SPIFFE ids",
    texts: { ...(await authority.issue([id, `${id}2`])), bundle: authority.bundle },
    reason: /2 URIs/,
  },
  { name: "an authority's certificate", texts: { ...sound, certificate: authority.bundle }, reason: /authority/ },
])("$name is rejected", ({ texts, reason }) => {
  expect(loadCredentials(texts, nowMs)).toMatchObject({ kind: "rejected", reason: expect.stringMatching(reason) });
});
