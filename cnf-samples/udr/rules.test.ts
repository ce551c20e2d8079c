import { describe, expect, test } from "vitest";
import { SubscriberStore } from "./rules.ts";
import { documentKinds, subscriptionDocument } from "./subscription-documents.ts";

const supi = "imsi-001010000000007";
const rules = { subscriberSeed: "weft", plmn: "00101", subscribersMax: 100, documentsMax: 2 };

describe.each(documentKinds)("the %s document", (kind) => {
  test("is the same whenever and wherever it is asked for", () => {
    const first = subscriptionDocument(kind, { seed: "weft", supi });
    expect(subscriptionDocument(kind, { seed: "weft", supi })).toEqual(first);
  });

  test("is at most 3 KB of JSON", () => {
    expect(JSON.stringify(subscriptionDocument(kind, { seed: "weft", supi })).length).toBeLessThan(3072);
  });
});

test.each(["am-data", "sm-data", "policy-am-data", "policy-sm-data"] as const)("%s has at least 1 KB", (kind) => {
  expect(JSON.stringify(subscriptionDocument(kind, { seed: "weft", supi })).length).toBeGreaterThan(1024);
});

test("subscribers have keys of their own", () => {
  const keyOf = (seed: string, of: string) =>
    subscriptionDocument("authentication-subscription", { seed, supi: of }).encPermanentKey;
  const keys = [keyOf("weft", supi), keyOf("weft", "imsi-001010000000008"), keyOf("other", supi)];
  expect(new Set(keys).size).toBe(3);
});

describe("a UE id", () => {
  const cases = [
    { name: "that is a subscriber's is served", ueId: supi, status: 200 },
    { name: "beyond the subscribers is not found", ueId: "imsi-001010000000100", status: 404, cause: "USER_NOT_FOUND" },
    { name: "of another PLMN is not found", ueId: "imsi-001020000000007", status: 404, cause: "USER_NOT_FOUND" },
    { name: "that is no SUPI is refused", ueId: "mallory", status: 400, cause: "MANDATORY_IE_INCORRECT" },
  ];
  test.each(cases)("$name", ({ ueId, status, cause }) => {
    const reply = new SubscriberStore(rules).read("am-data", ueId);
    expect(reply.status).toBe(status);
    if (cause) expect(reply.body).toMatchObject({ cause });
  });
});

test("a patched sequence number is in the authentication subscription from then on", () => {
  const store = new SubscriberStore(rules);
  const value = { sqn: "0000000000a0" };
  expect(store.patchSequenceNumber(supi, [{ op: "replace", path: "/sequenceNumber", value }]).status).toBe(204);
  expect(store.read("authentication-subscription", supi).body).toMatchObject({ sequenceNumber: value, supi });
});

test("context data is stored, patched, read and deleted by name", () => {
  const store = new SubscriberStore(rules);
  store.put(supi, "amf-3gpp-access", { amfInstanceId: "a" });
  store.patchPurgeFlag(supi, "amf-3gpp-access", [{ op: "add", path: "/purgeFlag", value: true }]);
  expect(store.get(supi, "amf-3gpp-access").body).toEqual({ amfInstanceId: "a", purgeFlag: true });
  expect(store.delete(supi, "amf-3gpp-access").status).toBe(204);
  expect(store.delete(supi, "amf-3gpp-access")).toMatchObject({ status: 404, body: { cause: "DATA_NOT_FOUND" } });
});

test("the document longest untouched is forgotten at the limit", () => {
  const store = new SubscriberStore(rules);
  for (const name of ["a", "b", "a", "c"]) store.put(supi, name, {});
  expect(["a", "b", "c"].map((name) => store.get(supi, name).status)).toEqual([200, 404, 200]);
});
