/** JSON files that people hand to commands, and those that commands write. */
import { readFile, stat, writeFile } from "node:fs/promises";
import type { Parsed } from "../../core/model/parsed.ts";
import { type ErrorCode, messageOf, WeftError } from "../../core/model/weft-error.ts";

const FILE_BYTES_MAX = 64 * 1024 * 1024;

/** @throws WeftError of the given code, with the file, the field and the reason */
export async function readJsonFile<T>(path: string, parse: (raw: unknown) => Parsed<T>, code: ErrorCode): Promise<T> {
  const parsed = parse(await readJson(path, code));
  if (parsed.kind === "parsed") return parsed.value;
  const field = parsed.field === "" ? "" : `${parsed.field}: `;
  throw new WeftError(code, `${path}: ${field}${parsed.reason}`);
}

/** @throws WeftError config-invalid naming the option */
export async function writeJsonFile(option: string, path: string, content: object): Promise<void> {
  try {
    await writeFile(path, `${JSON.stringify(content)}\n`);
  } catch (error) {
    throw new WeftError("config-invalid", `${option}: ${messageOf(error)}`, { cause: error });
  }
}

async function readJson(path: string, code: ErrorCode): Promise<unknown> {
  try {
    const { size } = await stat(path);
    if (size > FILE_BYTES_MAX) throw new Error(`${size} bytes, more than ${FILE_BYTES_MAX}`);
    return JSON.parse(await readFile(path, "utf8"));
  } catch (error) {
    throw new WeftError(code, `${path}: ${messageOf(error)}`, { cause: error });
  }
}
