/** Faults that a route injects into its requests, by annotation: the Gateway API has no field for them. */

import { z } from "zod";
import type { Parsed } from "../../core/model/parsed.ts";
import type { InjectedFault } from "../../core/model/request-rule.ts";
import { gatewayDuration } from "./gateway-duration.ts";
import { parseWith } from "./parse-with.ts";

/** `delay=200ms@10, abort=503@2.5`: of so many in a hundred requests; all without `@`. */
export const faultAnnotation = "weft.dev/fault";

const percent = z.coerce
  .number({ error: "must be a number of requests in a hundred" })
  .positive({ error: "must be above 0" })
  .max(100, { error: "must be at most 100" });
const part = /^(delay|abort)=([0-9a-z]{1,16})(?:@([0-9]{1,3}(?:\.[0-9]{1,4})?))?$/;
const statusCode = z.coerce.number().int().min(400).max(599, { error: "must be a status in 400..599" });

export function parseFault(text: string): Parsed<InjectedFault> {
  let fault: InjectedFault = {};
  if (text.length > 128) return rejected("is longer than 128 characters");
  for (const entry of text.split(",").map((each) => each.trim())) {
    const [, kind, value, share = "100"] = part.exec(entry) ?? [];
    if (kind === undefined) return rejected(`"${entry}" is neither delay=DURATION@PERCENT nor abort=STATUS@PERCENT`);
    if (Object.hasOwn(fault, kind)) return rejected(`${kind} stands twice`);
    const of = parseWith(percent, share);
    if (of.kind === "rejected") return rejected(`the share of ${kind} ${of.reason}`);
    if (kind === "delay") {
      const ms = parseWith(gatewayDuration, value);
      if (ms.kind === "rejected") return rejected(`delay ${ms.reason}`);
      fault = { ...fault, delay: { ms: ms.value, percent: of.value } };
    } else {
      const status = parseWith(statusCode, value);
      if (status.kind === "rejected") return rejected(`abort ${status.reason}`);
      fault = { ...fault, abort: { statusCode: status.value, percent: of.value } };
    }
  }
  return { kind: "parsed", value: fault };
}

function rejected(reason: string): Parsed<InjectedFault> {
  return { kind: "rejected", field: `metadata.annotations[${faultAnnotation}]`, reason };
}
