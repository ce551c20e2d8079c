/** The scalar types that Kubernetes objects share. */
import { z } from "zod";
import { parseQuantity } from "../../core/model/quantity.ts";

const NAME_LENGTH_MAX = 253;
const LABEL_LENGTH_MAX = 63;
const LABELS_MAX = 64;
const ANNOTATION_LENGTH_MAX = 65_536;

/** RFC 1123 subdomain: names of most objects. */
export const objectName = z
  .string()
  .min(1)
  .max(NAME_LENGTH_MAX)
  .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/, {
    error: "must be lower-case letters, digits, '-' and '.', such as dpi-1",
  });

/** RFC 1123 label: namespaces, containers, functions. */
export const labelName = z
  .string()
  .min(1)
  .max(LABEL_LENGTH_MAX)
  .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, { error: "must be lower-case letters, digits and '-', such as firewall" });

const labelValue = z
  .string()
  .max(LABEL_LENGTH_MAX)
  .regex(/^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/, {
    error: "must be at most 63 letters, digits, '-', '_' and '.', beginning and ending with a letter or digit",
  });

export const labels = z
  .record(
    z
      .string()
      .min(1)
      .max(NAME_LENGTH_MAX + LABEL_LENGTH_MAX + 1),
    labelValue,
  )
  .refine((all) => Object.keys(all).length <= LABELS_MAX, { error: `at most ${LABELS_MAX} labels` });

export const annotations = z.record(z.string().min(1), z.string().max(ANNOTATION_LENGTH_MAX));

export const portNumber = z.int().min(1).max(65_535);

/** A quantity such as `250m`, `1.5Gi` or a number, kept as it was written. */
export const quantity = z.union([z.number(), z.string()]).superRefine((text, context) => {
  const parsed = parseQuantity(text);
  if (parsed.kind === "rejected") context.addIssue({ code: "custom", message: parsed.reason });
  else if (parsed.value < 0) context.addIssue({ code: "custom", message: "must not be negative" });
});

/** A time as JSON has it; metav1.Time and MicroTime read the same. */
export const timestamp = z
  .string()
  .max(64)
  .refine((text) => !Number.isNaN(Date.parse(text)), { error: "must be a time such as 2030-01-01T00:00:00Z" })
  .meta({ format: "date-time" });
