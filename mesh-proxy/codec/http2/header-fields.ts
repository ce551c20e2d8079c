/** One header block, decoded: names and values in turn, in their order, one character per byte. */
import type { HeaderSink } from "./hpack/hpack-decoder.ts";

/** What every field counts beside its text (RFC 9113 section 6.5.2, SETTINGS_MAX_HEADER_LIST_SIZE). */
const FIELD_BYTES = 32;

export class HeaderFields implements HeaderSink {
  readonly texts: string[] = [];
  /** Places in `texts` of names whose values no table may remember (RFC 7541 section 6.2.3); undefined is none. */
  secrets: Set<number> | undefined;
  isTooLarge = false;

  private readonly byteCountMax: number;
  private byteCount = 0;

  /** @param byteCountMax fields beyond it are dropped, and `isTooLarge` says so */
  constructor(byteCountMax = Number.POSITIVE_INFINITY) {
    this.byteCountMax = byteCountMax;
  }

  static of(...texts: readonly string[]): HeaderFields {
    const fields = new HeaderFields();
    fields.texts.push(...texts);
    return fields;
  }

  /** Called by the decoder. */
  wants(): boolean {
    return !this.isTooLarge;
  }

  /** Called by the decoder. */
  field(name: string, value: string, isSecret = false): void {
    this.byteCount += FIELD_BYTES + name.length + value.length;
    if (this.byteCount > this.byteCountMax) {
      this.isTooLarge = true;
      return;
    }
    if (isSecret) {
      this.secrets ??= new Set();
      this.secrets.add(this.texts.length);
    }
    this.texts.push(name, value);
  }

  /** The first of that name; undefined when there is none. */
  get(name: string): string | undefined {
    const { texts } = this;
    for (let at = 0; at < texts.length; at += 2) if (texts[at] === name) return texts[at + 1];
    return undefined;
  }

  /** The one of that name; "" where it stands twice. */
  only(name: string): string | undefined {
    if (this.get(name) === undefined) return undefined;
    const values = this.all(name);
    return values.length > 1 ? "" : values[0];
  }

  all(name: string): readonly string[] {
    const { texts } = this;
    const values: string[] = [];
    for (let at = 0; at < texts.length; at += 2) if (texts[at] === name) values.push(texts[at + 1] as string);
    return values;
  }

  /** A copy without those names, and with one more field. */
  with(name: string, value: string, without: readonly string[]): HeaderFields {
    const { texts, secrets } = this;
    const changed = new HeaderFields();
    for (let at = 0; at < texts.length; at += 2) {
      const [known, text] = [texts[at] as string, texts[at + 1] as string];
      if (!without.includes(known)) changed.field(known, text, secrets?.has(at) === true);
    }
    changed.field(name, value);
    return changed;
  }
}
