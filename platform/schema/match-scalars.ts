/** The scalar types of what traffic is like, with limits that keep CEL's cost and the proxies' work small. */
import { z } from "zod";
import { parseCidr } from "../../core/model/cidr.ts";

const HOST_LENGTH_MAX = 253;
const PATH_LENGTH_MAX = 512;
const HEADER_LENGTH_MAX = 512;
const IDENTIFIER_LENGTH_MAX = 253;

const octet = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])";
const ipv4Block = `(${octet}\\.){3}${octet}/(3[0-2]|[12]?[0-9])`;
const ipv6Block = "[0-9a-fA-F:.]*:[0-9a-fA-F:.]*/(12[0-8]|1[01][0-9]|[1-9]?[0-9])";

/** The pattern is as much as the API server can tell of IPv6 (its CEL has `isCIDR` only since 1.30). */
export const cidrBlock = z
  .string()
  .max(49)
  .regex(new RegExp(`^(${ipv4Block}|${ipv6Block})$`), { error: "must be a block such as 10.45.0.0/16 or fd00::/8" })
  .refine((text) => parseCidr(text) !== undefined, { error: "must be a block such as 10.45.0.0/16 or fd00::/8" });

export const hostPattern = z
  .string()
  .max(HOST_LENGTH_MAX)
  .regex(/^(\*\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/, {
    error: "must be a name in lower case, such as udm.core, or *.core for all names below it",
  });

/** Printable ASCII without what ends a path or encodes a byte of it. */
export const pathText = z
  .string()
  .max(PATH_LENGTH_MAX)
  .regex(/^\/[!"$&->@-~]*$/, { error: "must begin with '/' and be written decoded, without '?', '#' and '%'" });

export const methodToken = z
  .string()
  .max(31)
  .regex(/^[A-Z][-A-Z]{0,30}$/, { error: "must be a method such as GET" });

export const headerName = z
  .string()
  .max(HEADER_LENGTH_MAX)
  .regex(/^[-!#$%&'*+.^_`|~0-9A-Za-z]+$/, { error: "must be the name of a header" });

export const headerValue = z
  .string()
  .max(HEADER_LENGTH_MAX)
  .regex(/^([!-~]([ -~]*[!-~])?)?$/, { error: "must be printable ASCII without spaces at its ends" });

export const supiText = identifier(/^(imsi|nai|gci|gli)-[!-~]*$/, "must begin with imsi-, nai-, gci- or gli-");
export const gpsiText = identifier(/^(msisdn|extid)-[!-~]*$/, "must begin with msisdn- or extid-");

/** An IMSI or MSISDN (TS 23.003, clauses 2.2 and 3.3) without its kind. */
export const subscriberDigits = z
  .string()
  .max(15)
  .regex(/^[0-9]{5,15}$/, { error: "must be 5 to 15 digits" });

function identifier(pattern: RegExp, error: string) {
  return z.string().max(IDENTIFIER_LENGTH_MAX).regex(pattern, { error });
}
