import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeFrame, FrameReader } from "./length-frame.ts";

test("messages come out the same however their bytes were cut", () => {
  fc.assert(
    fc.property(
      fc.array(fc.jsonValue(), { minLength: 1, maxLength: 5 }),
      fc.integer({ min: 1, max: 40 }),
      (values, step) => {
        const messages = values.map((value) => ({ value }));
        const bytes = Buffer.concat(messages.map(encodeFrame));
        const reader = new FrameReader();
        const read: unknown[] = [];
        for (let offset = 0; offset < bytes.length; offset += step) {
          for (const event of reader.read(bytes.subarray(offset, offset + step)))
            read.push(event.kind === "frame" && event.json);
        }
        expect(read).toEqual(JSON.parse(JSON.stringify(messages)));
      },
    ),
  );
});

describe("a stream breaks for good", () => {
  const cases = [
    { name: "at a frame over the limit", bytes: Buffer.from([0, 1, 0, 1]) },
    { name: "at an empty frame", bytes: Buffer.from([0, 0, 0, 0]) },
    { name: "at a frame that is not JSON", bytes: Buffer.from([0, 0, 0, 1, 0x7b]) },
    { name: "at an HTTP request", bytes: Buffer.from("GET / HTTP/1.1\r\n\r\n") },
  ];
  test.each(cases)("$name", ({ bytes }) => {
    const reader = new FrameReader();
    expect(reader.read(bytes).map((event) => event.kind)).toEqual(["broken"]);
    expect(reader.read(encodeFrame({}))).toEqual([]);
  });
});
