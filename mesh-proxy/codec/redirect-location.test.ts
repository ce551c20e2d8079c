import { describe, expect, test } from "vitest";
import type { RequestRedirect } from "../../core/model/request-rule.ts";
import { compileRedirect, redirectLocation } from "./redirect-location.ts";

function location(redirect: Partial<RequestRedirect>, target = "/a?b=c", authority = "udm.core:8080"): string {
  return redirectLocation(compileRedirect({ statusCode: 302, ...redirect }, "svc.core"), { target, authority });
}

describe("a redirect", () => {
  const cases: readonly (readonly [string, Partial<RequestRedirect>, string])[] = [
    ["of nothing leads to the same place", {}, "http://udm.core:8080/a?b=c"],
    ["to another scheme leaves the port to it", { scheme: "https" }, "https://udm.core/a?b=c"],
    ["to another port names it", { scheme: "https", port: 8443 }, "https://udm.core:8443/a?b=c"],
    ["to the port that a scheme has anyway does not", { port: 80 }, "http://udm.core/a?b=c"],
    ["to another host keeps the port", { host: "udr.core" }, "http://udr.core:8080/a?b=c"],
    ["to another path keeps the query", { path: { type: "Full", value: "/x" } }, "http://udm.core:8080/x?b=c"],
    [
      "to another prefix keeps the rest",
      { path: { type: "Prefix", prefix: "/a", value: "" } },
      "http://udm.core:8080/?b=c",
    ],
  ];
  test.each(cases)("%s", (_, redirect, expected) => expect(location(redirect)).toBe(expected));

  test.each(["evil.example/", "a@b", "a b", "", "a:99999999", `${"a".repeat(400)}`])(
    "does not repeat the authority %j",
    (authority) => expect(location({}, "/a", authority)).toBe("http://svc.core/a"),
  );

  test("never begins with a path that would be a host", () => {
    expect(location({ path: { type: "Prefix", prefix: "/a", value: "" } }, "/a//evil.example", "")).toBe(
      "http://svc.core//evil.example",
    );
  });

  test("goes by an absolute target's host", () => {
    expect(location({}, "http://h:81/a", "other")).toBe("http://h:81/a");
  });
});
