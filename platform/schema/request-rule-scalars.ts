/** What may be put into requests and responses: nothing that changes where a message ends, or whom it is for. */
import { z } from "zod";
import { pathText } from "./match-scalars.ts";

const NAME_LENGTH_MAX = 256;
const VALUE_LENGTH_MAX = 4096;

/** Of framing, of one connection, of the mesh; `Host` is changed by URLRewrite. */
const untouchable: ReadonlySet<string> = new Set([
  "connection",
  "content-length",
  "expect",
  "host",
  "http2-settings",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "weft-nsh",
  "weft-refused",
]);

export const changedHeaderName = z
  .string()
  .max(NAME_LENGTH_MAX)
  .regex(/^[-!#$%&'*+.^_`|~0-9A-Za-z]+$/, { error: "must be the name of a header" })
  .refine((name) => !untouchable.has(name.toLowerCase()), {
    error: "must not be changed: it says where a message ends, or belongs to one connection or the mesh",
  });

export const changedHeaderValue = z
  .string()
  .min(1)
  .max(VALUE_LENGTH_MAX)
  .regex(/^[!-~]([ -~]*[!-~])?$/, { error: "must be printable ASCII without spaces at its ends" });

/** Of a header or a cookie (RFC 6265, section 4.1.1: a token). */
export const sessionName = changedHeaderName
  .max(128)
  .refine((name) => !["cookie", "set-cookie", "authorization"].includes(name.toLowerCase()), {
    error: "must not be the name of a header with a meaning of its own",
  });

/** No address and no pattern: a name that one can be sent to. */
export const hostName = z
  .string()
  .max(253)
  .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/, {
    error: "must be a name in lower case, such as udm.core",
  });

export const prefixReplacement = z.union([z.literal(""), pathText], {
  error: "must be empty, or begin with '/' and be written decoded, without '?', '#' and '%'",
});
