import { expect, test } from "vitest";
import { createProxyBook } from "./proxy-book.ts";

const stream = { offer: () => {}, beat: () => {}, end: () => {} };

test("a full book makes room by forgetting a proxy that is not connected", () => {
  const book = createProxyBook(2);
  book.open("a").stream = stream;
  book.open("b");
  book.open("c");
  expect([...book.records].map(({ proxy }) => proxy)).toEqual(["a", "c"]);
});

test("a book full of connected proxies takes no more, and names the limit", () => {
  const book = createProxyBook(1);
  const record = book.open("a");
  record.stream = stream;
  expect(book.open("a")).toBe(record);
  expect(() => book.open("b")).toThrow(
    expect.objectContaining({ code: "limit-reached", message: expect.stringContaining("proxiesMax 1") }),
  );
});

test("proxies are forgotten when neither a stream nor a pod speaks for them", () => {
  const book = createProxyBook(9);
  for (const proxy of ["connected", "kept", "gone"]) book.open(proxy);
  book.open("connected").stream = stream;
  book.forget((proxy) => proxy === "kept");
  expect([...book.records].map(({ proxy }) => proxy)).toEqual(["connected", "kept"]);
});
