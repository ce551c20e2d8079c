import { describe, expect, test } from "vitest";
import { subscriptionDocument } from "../udr/subscription-documents.ts";
import { amPolicyOf, smPolicyOf } from "./rules.ts";

const subscriber = { seed: "weft", supi: "imsi-001010000000001" };
const request = { notificationUri: "http://amf/notify", supi: subscriber.supi, suppFeat: "1" };
const session = {
  supi: subscriber.supi,
  pduSessionId: 1,
  pduSessionType: "IPV4" as const,
  notificationUri: "http://smf/notify",
};

test("an access policy has the subscription's RFSP index and the triggers of its category", () => {
  const data = subscriptionDocument("policy-am-data", subscriber);
  expect(amPolicyOf(request, data)).toMatchObject({ rfsp: data.rfspIndex, triggers: ["LOC_CH", "PRA_CH"], request });
});

test("a subscription without a category is followed by location only", () => {
  expect(amPolicyOf(request, {})).toMatchObject({ rfsp: 1, triggers: ["LOC_CH"] });
});

describe("a session policy", () => {
  const data = subscriptionDocument("policy-sm-data", subscriber);
  const cases = [
    { name: "for the internet is best effort", dnn: "internet", sliceInfo: { sst: 1, sd: "000001" }, fiveQi: 9 },
    { name: "for IMS is signalling", dnn: "ims", sliceInfo: { sst: 1, sd: "000001" }, fiveQi: 5 },
  ];
  test.each(cases)("$name", ({ dnn, sliceInfo, fiveQi }) => {
    expect(smPolicyOf({ ...session, dnn, sliceInfo }, data)).toMatchObject({
      kind: "decided",
      decision: { qosDecs: { "qos-1": { "5qi": fiveQi } }, pccRules: { "rule-1": { refQosData: ["qos-1"] } } },
    });
  });

  const denied = [
    { name: "is denied for a data network not on the slice", dnn: "factory", sliceInfo: { sst: 1, sd: "000001" } },
    { name: "is denied for a name every object has", dnn: "toString", sliceInfo: { sst: 1, sd: "000001" } },
    { name: "is denied for a slice not subscribed", dnn: "internet", sliceInfo: { sst: 9 } },
  ];
  test.each(denied)("$name", ({ dnn, sliceInfo }) => {
    expect(smPolicyOf({ ...session, dnn, sliceInfo }, data).kind).toBe("denied");
  });
});
