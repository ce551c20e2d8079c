import { z } from "zod";
import { parseQuantity, quantityOr } from "../../core/model/quantity.ts";

/** What Kubernetes allows as a quantity's text. */
const QUANTITY = /^\+?([0-9]+|[0-9]+\.[0-9]*|\.[0-9]+)(k|Ki|[MGTPE]i?|m|[eE][0-9]{1,3})?$/;
const LENGTH_MAX = 32;
const error = 'must be a whole number of bytes per second or a quantity such as "125M", more than 0';

/** Bytes per second: a whole number or a quantity such as `125M`; more than 0. Becomes a number. */
export const byteRate = z
  .union([z.int().positive({ error }), z.string().max(LENGTH_MAX, { error }).regex(QUANTITY, { error })], { error })
  .superRefine((text, context) => {
    const parsed = parseQuantity(text);
    if (parsed.kind === "rejected") context.addIssue({ code: "custom", message: parsed.reason });
    else if (parsed.value <= 0) context.addIssue({ code: "custom", message: "must be more than 0" });
  })
  .transform((text) => quantityOr(text, 0))
  .meta({
    "x-kubernetes-validations": [
      {
        rule: "type(self) == int ? self > 0 : isQuantity(self) && quantity(self).isGreaterThan(quantity('0'))",
        message: "must be more than 0",
      },
    ],
  });
