/** Shows a request of HTTP/2 to what compares heads of HTTP/1.1, in one buffer that is used again. */
import type { HeaderFields } from "../codec/http2/header-fields.ts";
import type { RequestHead } from "../route/match/request-head.ts";

export class HeadOfFields {
  private bytes = Buffer.alloc(0);

  /** Valid until the next call. */
  of(fields: HeaderFields): RequestHead {
    const method = fields.get(":method") ?? "";
    const authority = fields.get(":authority") ?? fields.get("host") ?? "";
    const target = fields.get(":path") ?? authority;
    const hostStart = method.length + target.length + " ".length + " HTTP/2\r\nhost: ".length;
    const text = `${method} ${target} HTTP/2\r\nhost: ${authority}\r\n${linesOf(fields)}\r\n`;
    if (this.bytes.length < text.length) this.bytes = Buffer.alloc(2 * text.length);
    this.bytes.write(text, 0, "latin1");
    const targetStart = method.length + 1;
    const targetEnd = targetStart + target.length;
    return {
      bytes: this.bytes,
      from: 0,
      headByteCount: text.length,
      head: {
        targetStart,
        targetEnd,
        insertAt: targetEnd + " HTTP/2\r\n".length,
        fields: { hostStart, hostEnd: hostStart + authority.length },
      },
    };
  }
}

/** Pseudo fields are no headers. */
function linesOf({ texts }: HeaderFields): string {
  let lines = "";
  for (let at = 0; at < texts.length; at += 2) {
    const name = texts[at] as string;
    if (name.charCodeAt(0) !== 0x3a && name !== "host") lines += `${name}: ${texts[at + 1]}\r\n`;
  }
  return lines;
}
