import { Buffer } from "node:buffer";
import { expect, test } from "vitest";
import { createHttp1Scanners } from "../../codec/http1/http1-scanner.ts";
import { headOfFields } from "./head-of-fields.ts";

const pseudo = [":method", "GET", ":scheme", "http", ":path", "/nudm-sdm/v2?a=b", ":authority", "udm.core:80"];

test("a request of HTTP/2 reads as one of HTTP/1.1 does", () => {
  const { bytes, from, headByteCount, head } = headOfFields([...pseudo, "host", "other", "x-kind", "a, b"]);
  const text = "GET /nudm-sdm/v2?a=b HTTP/1.1\r\nhost: udm.core:80\r\nx-kind: a, b\r\n\r\n";
  expect(bytes.toString("latin1")).toBe(text);
  const { request } = createHttp1Scanners();
  request.next(Buffer.from(text), 0, text.length);
  const { targetStart, targetEnd, insertAt, fields } = request.head;
  expect([from, headByteCount]).toEqual([0, request.headByteCount]);
  expect(head).toEqual({
    targetStart,
    targetEnd,
    insertAt,
    fields: { hostStart: fields.hostStart, hostEnd: fields.hostEnd },
  });
});

test("a host field counts where no authority is named, and neither has to be", () => {
  const withHost = headOfFields([":method", "GET", ":scheme", "http", ":path", "/", "a", "b", "host", "udm.core"]);
  const { hostStart, hostEnd } = withHost.head.fields;
  expect(withHost.bytes.toString("latin1", hostStart, hostEnd)).toBe("udm.core");
  expect(headOfFields(pseudo.slice(0, 6)).head.fields).toEqual({ hostStart: -1, hostEnd: -1 });
});

test("a path may hold what HTTP/1.1 would end it at", () => {
  const { bytes, head } = headOfFields([":method", "GET", ":scheme", "http", ":path", "/a b HTTP/1.1"]);
  expect(bytes.toString("latin1", head.targetStart, head.targetEnd)).toBe("/a b HTTP/1.1");
});
