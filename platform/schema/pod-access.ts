/** What policies say of one pod, as a snapshot has it. The same limits hold for policies. */
import { z } from "zod";
import { accessActions, mtlsModes } from "../../core/model/mesh-snapshot.ts";
import { parseSpiffeId, spiffeIdBytesMax } from "../../core/model/spiffe-id.ts";
import { portNumber } from "./scalars.ts";

const RULES_MAX = 10_000;
const HTTP_PORTS_MAX = 1000;
const NAME_LENGTH_MAX = 512;
const PATTERN_LENGTH_MAX = 1024;
const METHOD_LENGTH_MAX = 32;
/** Entries of one list of a rule. */
export const accessEntriesMax = 64;
/** Ports of which a policy says something of their own. */
export const modePortsMax = 64;

export const spiffeId = z.string().superRefine((text, context) => {
  const parsed = parseSpiffeId(text);
  if (parsed.kind === "rejected") context.addIssue({ code: "custom", message: parsed.reason });
});

/** Visible ASCII characters: `*` may only stand at the end, and what it stands for is anything. */
export const identityPattern = z
  .string()
  .min(1)
  .max(spiffeIdBytesMax)
  .regex(/^(\*|spiffe:\/\/[!-)+-~]*\*?)$/, {
    error: "must be '*', or begin with spiffe:// and may end in '*'",
  });

export const pathPattern = z
  .string()
  .min(1)
  .max(PATTERN_LENGTH_MAX)
  .regex(/^(\*|\/[!-)+-~]*\*?)$/, { error: "must be '*', or begin with '/' and may end in '*'" });

export const methodName = z
  .string()
  .min(1)
  .max(METHOD_LENGTH_MAX)
  .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, { error: "must be an HTTP method, such as GET" });

export const hostPattern = z
  .string()
  .min(1)
  .max(253)
  .regex(/^(\*\.)?[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/, {
    error: "must be a host in lower case, such as udm.example.org, or all below one: *.example.org",
  });

export const mtlsMode = z.enum(mtlsModes);
export const accessAction = z.enum(accessActions);

function list<T extends z.ZodType>(of: T) {
  return z.array(of).min(1).max(accessEntriesMax).optional();
}

const rule = z.strictObject({
  policy: z.string().min(1).max(NAME_LENGTH_MAX),
  name: z.string().min(1).max(NAME_LENGTH_MAX),
  action: accessAction,
  from: z
    .array(z.strictObject({ identities: list(identityPattern), namespaces: list(z.string().min(1).max(63)) }))
    .max(accessEntriesMax),
  to: z
    .array(
      z.strictObject({
        ports: list(portNumber),
        methods: list(methodName),
        paths: list(pathPattern),
        hosts: list(hostPattern),
      }),
    )
    .max(accessEntriesMax),
});

export const podAccess = z.strictObject({
  mtls: z
    .strictObject({
      mode: mtlsMode.optional(),
      ports: z.array(z.strictObject({ port: portNumber, mode: mtlsMode })).max(HTTP_PORTS_MAX),
    })
    .optional(),
  rules: z.array(rule).max(RULES_MAX),
  http1Ports: z.array(portNumber).max(HTTP_PORTS_MAX),
});
