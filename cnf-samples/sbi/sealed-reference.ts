/**
 * State inside the resource's own name: a reference carries its state, encrypted and authenticated, so that any replica
 * holding the secret can go on where another began, whichever one the mesh picks.
 */
import { createCipheriv, createDecipheriv, createHash } from "node:crypto";

const nonceLength = 12;
const tagLength = 16;
const referenceLengthMax = 2048;

export class ReferenceSealer {
  readonly #key: Buffer;
  readonly #randomBytes: (length: number) => Uint8Array;

  constructor(secret: string, randomBytes: (length: number) => Uint8Array) {
    this.#key = createHash("sha256").update(secret).digest();
    this.#randomBytes = randomBytes;
  }

  /** AES-256-GCM over the state's JSON, base64url. */
  seal(state: unknown): string {
    const nonce = this.#randomBytes(nonceLength);
    const cipher = createCipheriv("aes-256-gcm", this.#key, nonce);
    const sealed = Buffer.concat([cipher.update(JSON.stringify(state), "utf8"), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString("base64url");
  }

  /** The state, or undefined for what this secret did not seal. */
  open(reference: string): unknown {
    if (reference.length > referenceLengthMax) return undefined;
    const bytes = Buffer.from(reference, "base64url");
    if (bytes.length <= nonceLength + tagLength) return undefined;
    const decipher = createDecipheriv("aes-256-gcm", this.#key, bytes.subarray(0, nonceLength));
    decipher.setAuthTag(bytes.subarray(nonceLength, nonceLength + tagLength));
    try {
      const text = Buffer.concat([decipher.update(bytes.subarray(nonceLength + tagLength)), decipher.final()]);
      return JSON.parse(text.toString("utf8"));
    } catch {
      return undefined;
    }
  }
}
