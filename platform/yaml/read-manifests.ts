/** Streams of YAML documents from untrusted files, each handed to a parser of objects. */
import { LineCounter, parseAllDocuments } from "yaml";
import type { Parsed } from "../../core/model/parsed.ts";

export interface ManifestFile {
  readonly path: string;
  readonly text: string;
}

export type ManifestsRead<T> = { readonly kind: "parsed"; readonly objects: readonly T[] } | RejectedManifest;

export interface RejectedManifest {
  readonly kind: "rejected";
  readonly file: string;
  /** Counts from 1. */
  readonly document: number;
  /** Path to the field; empty for the document as a whole. */
  readonly field: string;
  readonly reason: string;
}

export const fileBytesMax = 1024 * 1024;
export const documentsMax = 1000;

/** All objects of all files in order, or the first thing wrong. Empty documents are skipped; aliases are refused. */
export function readManifests<T>(
  files: readonly ManifestFile[],
  parse: (object: unknown) => Parsed<T>,
): ManifestsRead<T> {
  const objects: T[] = [];
  for (const file of files) {
    const read = readFile(file, parse);
    if (read.kind === "rejected") return read;
    objects.push(...read.objects);
    if (objects.length > documentsMax) return rejected(file, 1, "", `more than ${documentsMax} documents in all`);
  }
  return { kind: "parsed", objects };
}

/** One line for a person: file, document, field, reason. */
export function rejectionText({ file, document, field, reason }: RejectedManifest): string {
  return `${file}, document ${document}: ${field === "" ? "" : `${field}: `}${reason}`;
}

function readFile<T>(file: ManifestFile, parse: (object: unknown) => Parsed<T>): ManifestsRead<T> {
  const byteCount = new TextEncoder().encode(file.text).length;
  if (byteCount > fileBytesMax) return rejected(file, 1, "", `${byteCount} bytes, more than ${fileBytesMax}`);
  const documents = parseAllDocuments(file.text, { uniqueKeys: true, lineCounter: new LineCounter() });
  const objects: T[] = [];
  for (const [index, document] of [...documents].entries()) {
    const read = readDocument(document, parse);
    if (read?.kind === "rejected") return rejected(file, index + 1, read.field, read.reason);
    if (read) objects.push(read.value);
  }
  return { kind: "parsed", objects };
}

type YamlDocument = ReturnType<typeof parseAllDocuments>[number];

function readDocument<T>(document: YamlDocument, parse: (object: unknown) => Parsed<T>): Parsed<T> | undefined {
  const [error] = document.errors;
  if (error) return { kind: "rejected", field: "", reason: error.message.split("\n", 1)[0] ?? "" };
  if (document.contents === null) return undefined;
  let object: unknown;
  try {
    object = document.toJS({ maxAliasCount: 0 });
  } catch {
    return { kind: "rejected", field: "", reason: "aliases are not allowed" };
  }
  return object === null ? undefined : parse(object);
}

function rejected(file: ManifestFile, document: number, field: string, reason: string): RejectedManifest {
  return { kind: "rejected", file: file.path, document, field, reason };
}
