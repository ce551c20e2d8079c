import { expect, test } from "vitest";
import { HeaderFields } from "../codec/http2/header-fields.ts";
import { compileClasses } from "../route/match/traffic-classes.ts";
import { HeadOfFields } from "./head-of-fields.ts";

const heads = new HeadOfFields();

function classOf(http: object, ...texts: readonly string[]): string {
  const classes = compileClasses([{ when: { http }, of: "taken" }], "other");
  return classes.forConnection({ address: "10.0.0.1" })(heads.of(HeaderFields.of(...texts)));
}

const request = [":method", "POST", ":scheme", "http", ":authority", "Udm.core:80", ":path", "/a/%62?c=d", "x-a", "1"];

test.each([
  [{ methods: ["POST"] }, "taken"],
  [{ methods: ["GET"] }, "other"],
  [{ hosts: ["udm.core"] }, "taken"],
  [{ paths: [{ type: "Exact", value: "/a/b" }] }, "taken"],
  [{ paths: [{ type: "Prefix", value: "/a/c" }] }, "other"],
  [{ headers: [{ name: "x-a", value: "1" }] }, "taken"],
  [{ headers: [{ name: ":scheme", value: "http" }] }, "other"],
])("%j: %s", (http, expected) => expect(classOf(http, ...request)).toBe(expected));

test("a shorter request sees nothing of the longer one before it", () => {
  const match = { headers: [{ name: "x-a", value: "1" }] };
  expect(classOf(match, ...request)).toBe("taken");
  expect(classOf(match, ":method", "GET", ":path", "/")).toBe("other");
});

test("CONNECT has a host and no path", () => {
  const asked = [":method", "CONNECT", ":authority", "h:1"];
  expect(classOf({ hosts: ["h"] }, ...asked)).toBe("taken");
  expect(classOf({ paths: [{ type: "Prefix", value: "/h" }] }, ...asked)).toBe("other");
});
