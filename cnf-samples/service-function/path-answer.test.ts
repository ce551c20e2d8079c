import { expect, test } from "vitest";
import { pathAnswer } from "./path-answer.ts";
import { readProxyHeader } from "./proxy-header.ts";

const bytesOf = (hex: string) => Buffer.from(hex.replace(/\s/g, ""), "hex");
/** Written out by hand: path 7 at index 2 with TTL 63, offered video, which is path 8 at index 1 with TTL 62. */
const told = bytesOf(`0d0a0d0a000d0a515549540a 21 11 002b 7f000005 7f000009 8001 1f90
  e0 0008 0fc202fe 00000702  e2 0001 00  e5 000d 0f8202fe 00000801 766964656f`);
const answerWith = (path: string) =>
  `0d0a0d0a000d0a515549540a 21 11 0017 00000000 00000000 0000 0000 e0 0008 ${path}`.replace(/\s/g, "");

const read = readProxyHeader(told);
if (read.kind !== "header") throw new Error(`header is ${read.kind}`);
const { header } = read;

test("a function is told the flow's place, and what it may answer with", () => {
  expect(header).toMatchObject({ direction: "request", servicePath: bytesOf("0fc202fe00000702") });
  expect(header.offers).toEqual(new Map([["video", bytesOf("0f8202fe00000801")]]));
});

test.each([
  { name: "that is offered goes on along its path", chain: "video", path: "0f8202fe 00000801" },
  { name: "that is not offered stays, counted down", chain: "audio", path: "0fc202fe 00000701" },
  { name: "that is none stays, counted down", chain: undefined, path: "0fc202fe 00000701" },
])("a flow for a chain $name", ({ chain, path }) => {
  expect(pathAnswer(header, chain).toString("hex")).toBe(answerWith(path));
});
