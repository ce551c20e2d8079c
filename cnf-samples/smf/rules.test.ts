import { describe, expect, test } from "vitest";
import { selectSessions } from "../udm/subscriber-data-routes.ts";
import { subscriptionDocument } from "../udr/subscription-documents.ts";
import { admit, ueAddressOf } from "./rules.ts";

const document = subscriptionDocument("sm-data", { seed: "weft", supi: "imsi-001010000000001" });

describe("a session", () => {
  test("on a subscribed slice and data network has its quality of service", () => {
    const admission = admit(selectSessions(document, { sst: 1, sd: "000001" }, "internet"), "internet");
    expect(admission).toMatchObject({ kind: "admitted", profile: { fiveQi: 9, sessionAmbr: { downlink: "1 Gbps" } } });
  });

  const refused = [
    { name: "on a slice not subscribed", slice: { sst: 7 }, dnn: "internet", cause: "SNSSAI_DENIED", smCause: 69 },
    {
      name: "to a data network not on the slice",
      slice: { sst: 1, sd: "000001" },
      dnn: "factory",
      cause: "DNN_DENIED",
      smCause: 27,
    },
    {
      name: "to a name every object has",
      slice: { sst: 1, sd: "000001" },
      dnn: "toString",
      cause: "DNN_DENIED",
      smCause: 27,
    },
  ];
  test.each(refused)("$name is denied with the UE's cause", ({ slice, dnn, cause, smCause }) => {
    expect(admit(selectSessions(document, slice, dnn), dnn)).toMatchObject({
      kind: "refused",
      reply: { status: 403, body: { cause, n1SmMsg: { cause: smCause } } },
    });
  });

  test("is not made from data that is none", () => {
    expect(admit({ hello: 1 }, "internet")).toMatchObject({ kind: "refused", reply: { status: 500 } });
  });
});

test("UE addresses begin after the network's own and repeat before the broadcast address", () => {
  const addresses = [0, 1, 254, 65_533, 65_534].map((n) => ueAddressOf("10.60.0.0/16", n));
  expect(addresses).toEqual(["10.60.0.1", "10.60.0.2", "10.60.0.255", "10.60.255.254", "10.60.0.1"]);
});
