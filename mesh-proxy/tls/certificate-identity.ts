/** Who a certificate speaks for: the one SPIFFE id among its names (X509-SVID specification, sections 2 and 4). */
import type { X509Certificate } from "node:crypto";
import type { Parsed } from "../../core/model/parsed.ts";
import { parseSpiffeId, type SpiffeId } from "../../core/model/spiffe-id.ts";

const NAMES_LENGTH_MAX = 65_536;

/** Whether the certificate is signed by anybody that is trusted is not asked here. */
export function certificateIdentity({ ca, subjectAltName }: X509Certificate): Parsed<SpiffeId> {
  if (ca) return rejected("is a certificate authority's");
  return identityAmongNames(subjectAltName);
}

/** @param names as Node writes them: `URI:spiffe://a/b, DNS:c`; a name with a comma or a quote in it is quoted */
export function identityAmongNames(names: string | undefined): Parsed<SpiffeId> {
  if (names === undefined) return rejected("has no alternative name");
  if (names.length > NAMES_LENGTH_MAX) return rejected(`has more than ${NAMES_LENGTH_MAX} characters of names`);
  // No SPIFFE id needs quotes: where there are some, nothing is guessed about where a name ends.
  if (names.includes('"')) return rejected("has a name with a comma, a quote or a control character");
  const uris = names.split(", ").filter((name) => name.startsWith("URI:"));
  const [uri] = uris;
  if (uri === undefined || uris.length > 1) return rejected(`has ${uris.length} URIs among its names, and not one`);
  const parsed = parseSpiffeId(uri.slice("URI:".length));
  return parsed.kind === "parsed" ? parsed : rejected(`names no SPIFFE id: ${parsed.reason}`);
}

function rejected(reason: string): Parsed<SpiffeId> {
  return { kind: "rejected", field: "certificate", reason };
}
