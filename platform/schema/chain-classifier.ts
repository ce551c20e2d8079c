/** The classifier of a ServiceFunctionChain, as a person writes it. */
import { type ZodType, z } from "zod";
import type { Classifier } from "../../core/model/chain.ts";
import { present } from "../../core/model/invariant.ts";
import { type HttpMatch, matchEntriesMax, type SubscriberMatch } from "../../core/model/traffic-match.ts";
import {
  cidrBlock,
  gpsiText,
  headerName,
  headerValue,
  hostPattern,
  methodToken,
  pathText,
  subscriberDigits,
  supiText,
} from "./match-scalars.ts";
import { ruled } from "./ruled.ts";
import { labelName, portNumber } from "./scalars.ts";
import { matchLabels } from "./service-function.ts";

const from = ruled(
  z.strictObject({
    matchLabels: matchLabels.optional(),
    cidrs: listOf(cidrBlock).describe(
      "Blocks of the client's address as the first proxy sees it: the pod's own, or that of who dials the pod.",
    ),
    branches: z.literal(true).optional().describe("Nothing but what other chains branch off (spec.branches) enters."),
  }),
  {
    cel: "has(self.branches) ? !has(self.matchLabels) && !has(self.cidrs) : has(self.matchLabels) || has(self.cidrs)",
    message: "must have matchLabels or cidrs, or branches alone",
    holds: ({ matchLabels: labels, cidrs, branches }) =>
      (branches === undefined) === (labels !== undefined || cidrs !== undefined),
  },
);

export const http = ruled(
  z.strictObject({
    hosts: listOf(hostPattern).describe("Exact, or *.suffix; of the target that an SCP is asked to reach, if one is."),
    paths: listOf(
      z.strictObject({
        type: z.enum(["Exact", "Prefix"]).default("Prefix").describe("A prefix ends at a '/'."),
        value: pathText.describe("Begins with '/', without query, percent-encoding undone."),
      }),
    ).describe("Paths of the request."),
    methods: listOf(methodToken).describe("Methods of the request."),
    headers: listOf(
      z.strictObject({ name: headerName.describe("In any case."), value: headerValue.describe("Exactly this.") }),
    ).describe("Headers that must all be there."),
    supis: listOf(subscriber(supiText)).describe("Subscribers by SUPI, as the path or a 3gpp-Sbi header names them."),
    gpsis: listOf(subscriber(gpsiText)).describe("Subscribers by GPSI, likewise."),
  }),
  {
    cel: "has(self.hosts) || has(self.paths) || has(self.methods) || has(self.headers) || has(self.supis) || has(self.gpsis)",
    message: "must have at least one key",
    holds: (value) => Object.values(value).some((key) => key !== undefined),
  },
);

export const classifier = ruled(
  z.strictObject({
    from: from.describe("Where the traffic comes from: pods of the namespace, and addresses of their clients."),
    to: z
      .strictObject({
        service: labelName.describe("A Service of the namespace."),
        port: portNumber.meta({ format: "int32" }).describe("One of its ports."),
      })
      .describe("Where the traffic is going."),
    tls: z
      .strictObject({ serverNames: entriesOf(hostPattern).describe("Exact, or *.suffix.") })
      .optional()
      .describe("Connections whose TLS client asks for one of these names; of ports that speak TCP."),
    http: http.optional().describe("Requests that are like this; of ports that speak HTTP/1.1 or HTTP/2."),
  }),
  {
    cel: "!(has(self.tls) && has(self.http))",
    message: "tls and http exclude each other: no request can be seen inside TLS",
    holds: (value) => value.tls === undefined || value.http === undefined,
  },
  {
    cel: "!(has(self.from.branches) && (has(self.tls) || has(self.http)))",
    message: "from.branches excludes tls and http: the keys of a branch say which traffic it takes",
    holds: ({ from: { branches }, tls, http: keys }) =>
      branches === undefined || (tls === undefined && keys === undefined),
  },
);

type Written = z.output<typeof classifier>;

export function classifierOf(spec: Written): Classifier {
  const sources = spec.from.cidrs;
  const serverNames = spec.tls?.serverNames;
  const match = {
    ...(sources && { sources }),
    ...(serverNames && { serverNames }),
    ...(spec.http && { http: httpMatchOf(spec.http) }),
  };
  const selected = {
    from: spec.from.matchLabels ?? {},
    ...(spec.from.branches && { isByBranchOnly: true }),
    to: spec.to,
  };
  return Object.keys(match).length === 0 ? selected : { ...selected, match };
}

/** As a client would write it. */
export function classifierObject({ from, isByBranchOnly, to, match }: Classifier): z.input<typeof classifier> {
  const { sources, serverNames, http } = match ?? {};
  return {
    from: {
      ...(Object.keys(from).length > 0 && { matchLabels: { ...from } }),
      ...(sources && { cidrs: [...sources] }),
      ...(isByBranchOnly === true && { branches: true as const }),
    },
    to: { ...to },
    ...(serverNames && { tls: { serverNames: [...serverNames] } }),
    ...(http && { http: httpObject(http) }),
  };
}

/** As a client would write it. */
export function httpObject(match: HttpMatch): z.input<typeof http> {
  return structuredClone(match) as z.input<typeof http>;
}

export function httpMatchOf({ headers, supis, gpsis, ...rest }: z.output<typeof http>): HttpMatch {
  return {
    ...rest,
    ...(headers && { headers: headers.map(({ name, value }) => ({ name: name.toLowerCase(), value })) }),
    ...(supis && { supis: supis.map(subscriberMatchOf) }),
    ...(gpsis && { gpsis: gpsis.map(subscriberMatchOf) }),
  };
}

type WrittenSubscriber = z.output<ReturnType<typeof subscriber>>;

function subscriberMatchOf({ type, value, start, end }: WrittenSubscriber): SubscriberMatch {
  if (type === "Range") return { type, start: present(start, "start"), end: present(end, "end") };
  return { type, value: present(value, "value") };
}

function subscriber(text: ZodType<string>) {
  return ruled(
    z.strictObject({
      type: z.enum(["Exact", "Prefix", "Range"]).default("Exact").describe("How value, or start and end, are meant."),
      value: text.optional().describe("With its kind, such as imsi-208930000000003."),
      start: subscriberDigits.optional().describe("First IMSI (or MSISDN) of a range, digits only."),
      end: subscriberDigits.optional().describe("Last of the range, with as many digits."),
    }),
    {
      cel: "self.type == 'Range' ? has(self.start) && has(self.end) && !has(self.value) : has(self.value) && !has(self.start) && !has(self.end)",
      message: "must have value, or start and end for type Range",
      holds: ({ type, value, start, end }) => {
        const isRange = start !== undefined && end !== undefined && value === undefined;
        return type === "Range" ? isRange : value !== undefined && start === undefined && end === undefined;
      },
    },
    {
      cel: "!has(self.start) || !has(self.end) || (self.start.size() == self.end.size() && self.start <= self.end)",
      message: "must end at or behind its start, with as many digits",
      holds: ({ start, end }) =>
        start === undefined || end === undefined || (start.length === end.length && start <= end),
    },
  );
}

function entriesOf<T extends ZodType>(entry: T) {
  return z.array(entry).min(1).max(matchEntriesMax).meta({ "x-kubernetes-list-type": "atomic" });
}

export function listOf<T extends ZodType>(entry: T) {
  return entriesOf(entry).optional();
}
