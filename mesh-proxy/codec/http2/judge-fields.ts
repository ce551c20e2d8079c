/** Whether a header block is well-formed (RFC 9113 sections 8.2 and 8.3); a gateway passes nothing else on. */
import type { HeaderFields } from "./header-fields.ts";

export type BlockKind = "request" | "response" | "trailers";

/** Of HTTP/1.1 and its connections (RFC 9113 section 8.2.2). */
const CONNECTION_FIELDS: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "transfer-encoding",
  "upgrade",
]);

/** @returns why the block is malformed, or "". */
export function problemOfFields({ texts }: HeaderFields, kind: BlockKind): string {
  const seen = { method: "", scheme: "", path: "", authority: "", status: "" };
  let isBehindPseudo = false;
  for (let at = 0; at < texts.length; at += 2) {
    const name = texts[at] as string;
    const value = texts[at + 1] as string;
    if (name.charCodeAt(0) === 0x3a) {
      if (isBehindPseudo) return `${name} stands behind other fields`;
      const key = name.slice(1) as keyof typeof seen;
      const isOfKind = kind === "request" ? key !== "status" : kind === "response" && key === "status";
      if (!isOfKind || !Object.hasOwn(seen, key)) return `pseudo field ${name} in ${kind}`;
      if (seen[key] !== "") return `${name} stands twice`;
      if (value === "") return `${name} is empty`;
      seen[key] = value;
    } else {
      isBehindPseudo = true;
      if (!isFieldName(name)) return "a field's name is no lower-case token";
      if (CONNECTION_FIELDS.has(name)) return `${name} belongs to HTTP/1.1`;
      if (name === "te" && value !== "trailers") return "te is not trailers";
    }
    if (!isFieldValue(value)) return `the value of ${name} has a control character or outer white space`;
  }
  return problemOfPseudo(seen, kind);
}

function problemOfPseudo(
  { method, scheme, path, authority, status }: Readonly<Record<string, string>>,
  kind: BlockKind,
): string {
  if (kind === "response") return isStatus(status ?? "") ? "" : ":status is no status code";
  if (kind === "trailers") return "";
  if (method === "") return ":method is missing";
  if (method === "CONNECT")
    return authority !== "" && scheme === "" && path === "" ? "" : "CONNECT has the wrong pseudo fields";
  return scheme !== "" && path !== "" ? "" : ":scheme or :path is missing";
}

function isStatus(status: string): boolean {
  if (status.length !== 3) return false;
  for (let at = 0; at < 3; at++) {
    const digit = status.charCodeAt(at) - 0x30;
    if (digit < (at === 0 ? 1 : 0) || digit > (at === 0 ? 5 : 9)) return false;
  }
  return status !== "101";
}

const NAME_CHARACTERS = characterTable("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz");

function isFieldName(name: string): boolean {
  for (let at = 0; at < name.length; at++) if (NAME_CHARACTERS[name.charCodeAt(at)] !== 1) return false;
  return name !== "";
}

function isFieldValue(value: string): boolean {
  for (let at = 0; at < value.length; at++) {
    const code = value.charCodeAt(at);
    if (code === 0 || code === 0x0a || code === 0x0d) return false;
  }
  return !isWhiteSpace(value.charCodeAt(0)) && !isWhiteSpace(value.charCodeAt(value.length - 1));
}

function isWhiteSpace(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

function characterTable(characters: string): Uint8Array {
  const table = new Uint8Array(256);
  for (const character of characters) table[character.charCodeAt(0)] = 1;
  return table;
}
