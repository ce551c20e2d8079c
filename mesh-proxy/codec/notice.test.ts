import { Buffer } from "node:buffer";
import { expect, test } from "vitest";
import { encodeNotice, NOTICE, readNotice } from "./notice.ts";

test("a notice is two bytes, is read back, and its first byte is partial", () => {
  for (const notice of Object.values(NOTICE)) {
    const bytes = Buffer.concat([Buffer.of(0), encodeNotice(notice), Buffer.from("more")]);
    expect(readNotice(bytes, 1, 3)).toBe(notice);
    expect(readNotice(bytes, 1, 2)).toBe("partial");
    expect(readNotice(bytes, 1, 1)).toBe("partial");
  }
});

test.each(["HTTP/1.1", "Wx", "w0", "\0"])("%j is no notice", (text) => {
  expect(readNotice(Buffer.from(text), 0, text.length)).toBeUndefined();
});
