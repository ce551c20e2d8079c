/** What the UDR answers: derived documents, sequence numbers over them, and the bounded context data the others keep here. */
import { z } from "zod";
import { isSupi } from "../aka/subscriber-identity.ts";
import { noContent, ok, problem, type SbiReply } from "../sbi/problem-details.ts";
import { type DocumentKind, subscriptionDocument } from "./subscription-documents.ts";

export interface UdrRules {
  readonly subscriberSeed: string;
  /** MCC and MNC of the subscribers, five or six digits. */
  readonly plmn: string;
  /** MSINs from 0 up to this one, exclusive, are subscribers. */
  readonly subscribersMax: number;
  /** Stored documents; beyond that the oldest is forgotten. */
  readonly documentsMax: number;
}

const hexSqn = z.string().regex(/^[0-9a-fA-F]{12}$/, "must be 12 hexadecimal digits");

/** TS 29.505: the sequence number is all that may be patched in an authentication subscription. */
export const sequenceNumberPatch = z
  .array(
    z.looseObject({
      op: z.literal("replace"),
      path: z.literal("/sequenceNumber"),
      value: z.looseObject({ sqn: hexSqn }),
    }),
  )
  .length(1);

/** The AMF registration's one member that changes later. */
export const purgeFlagPatch = z
  .array(z.looseObject({ op: z.enum(["add", "replace"]), path: z.literal("/purgeFlag"), value: z.boolean() }))
  .length(1);

export const storedDocument = z.looseObject({});

export class SubscriberStore {
  readonly #rules: UdrRules;
  readonly #documents = new Map<string, unknown>();

  constructor(rules: UdrRules) {
    this.#rules = rules;
  }

  get documentCount(): number {
    return this.#documents.size;
  }

  read(kind: DocumentKind, ueId: string): SbiReply {
    const fault = this.#faultOf(ueId);
    if (fault) return fault;
    const document = subscriptionDocument(kind, { seed: this.#rules.subscriberSeed, supi: ueId });
    const sequenceNumber = this.#documents.get(sequenceNumberKey(ueId));
    return ok(kind === "authentication-subscription" && sequenceNumber ? { ...document, sequenceNumber } : document);
  }

  patchSequenceNumber(ueId: string, patch: z.output<typeof sequenceNumberPatch>): SbiReply {
    const fault = this.#faultOf(ueId);
    if (fault) return fault;
    this.#store(sequenceNumberKey(ueId), patch[0]?.value);
    return noContent;
  }

  put(ueId: string, name: string, document: z.output<typeof storedDocument>): SbiReply {
    const fault = this.#faultOf(ueId);
    if (fault) return fault;
    this.#store(`${ueId} ${name}`, document);
    return noContent;
  }

  patchPurgeFlag(ueId: string, name: string, patch: z.output<typeof purgeFlagPatch>): SbiReply {
    const known = this.#documents.get(`${ueId} ${name}`);
    if (typeof known !== "object" || known === null) return this.#faultOf(ueId) ?? notFound(ueId, name);
    this.#store(`${ueId} ${name}`, { ...known, purgeFlag: patch[0]?.value });
    return noContent;
  }

  get(ueId: string, name: string): SbiReply {
    const known = this.#documents.get(`${ueId} ${name}`);
    return known === undefined ? (this.#faultOf(ueId) ?? notFound(ueId, name)) : ok(known);
  }

  delete(ueId: string, name: string): SbiReply {
    return this.#documents.delete(`${ueId} ${name}`) ? noContent : (this.#faultOf(ueId) ?? notFound(ueId, name));
  }

  #faultOf(ueId: string): SbiReply | undefined {
    if (!isSupi(ueId)) {
      const reason = "must be a SUPI such as imsi-001010000000001";
      return problem(400, "MANDATORY_IE_INCORRECT", reason, [{ param: "ueId", reason }]);
    }
    const { plmn, subscribersMax } = this.#rules;
    const digits = ueId.slice("imsi-".length);
    const isKnown = digits.startsWith(plmn) && Number(digits.slice(plmn.length)) < subscribersMax;
    return isKnown ? undefined : problem(404, "USER_NOT_FOUND", `${ueId} is not a subscriber`);
  }

  /** A rewritten document counts as new, so that the one forgotten is the one longest untouched. */
  #store(key: string, document: unknown): void {
    this.#documents.delete(key);
    this.#documents.set(key, document);
    if (this.#documents.size <= this.#rules.documentsMax) return;
    const [oldest] = this.#documents.keys();
    if (oldest !== undefined) this.#documents.delete(oldest);
  }
}

function sequenceNumberKey(ueId: string): string {
  return `${ueId} sequence-number`;
}

function notFound(ueId: string, name: string): SbiReply {
  return problem(404, "DATA_NOT_FOUND", `${ueId} has no ${name}`);
}
