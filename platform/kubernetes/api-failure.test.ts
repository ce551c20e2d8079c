import { describe, expect, it } from "vitest";
import { bodyOf, failureOf, isExpired } from "./api-failure.ts";

function answer(statusCode: number, body: unknown = {}) {
  return { statusCode, body, retryAfterMs: undefined };
}

describe("a refusal of the API server", () => {
  it.each([
    { statusCode: 400, code: "kubernetes-refused" },
    { statusCode: 401, code: "kubernetes-unavailable" },
    { statusCode: 403, code: "kubernetes-unavailable" },
    { statusCode: 404, code: "kubernetes-conflict" },
    { statusCode: 409, code: "kubernetes-conflict" },
    { statusCode: 422, code: "kubernetes-refused" },
    { statusCode: 429, code: "kubernetes-unavailable" },
    { statusCode: 503, code: "kubernetes-unavailable" },
  ])("with HTTP $statusCode is $code", ({ statusCode, code }) => {
    expect(failureOf("write", answer(statusCode)).code).toBe(code);
  });

  it("names the fields with their reasons", () => {
    const causes = [
      { reason: "FieldValueInvalid", field: "spec.functions[1]", message: "Invalid value: twice" },
      { reason: "FieldValueRequired", field: "spec.classifier" },
      { reason: "FieldValueInvalid", message: "about the object as a whole" },
    ];
    const status = { kind: "Status", message: "long text", details: { causes } };
    expect(failureOf("create path a/b", answer(422, status)).message).toBe(
      "create path a/b: spec.functions[1]: Invalid value: twice; spec.classifier: is invalid (HTTP 422)",
    );
  });

  it.each([
    { name: "the status's message", body: { message: "is forbidden", reason: "Forbidden" }, said: "is forbidden" },
    { name: "its reason where there is no message", body: { reason: "Forbidden" }, said: "Forbidden" },
    { name: "text of something in between", body: "404 page not found\n", said: "404 page not found" },
    { name: "that there is none", body: null, said: "no reason given" },
  ])("says $name", ({ body, said }) => {
    expect(failureOf("list", answer(404, body)).message).toBe(`list: ${said} (HTTP 404)`);
  });
});

it("the body of a success is handed on", () => {
  expect(bodyOf("read", answer(201, { a: 1 }))).toEqual({ a: 1 });
  expect(() => bodyOf("read", answer(300))).toThrow();
});

it("a resource version is gone by code or by reason", () => {
  expect(
    [{ code: 410 }, { reason: "Expired" }, { reason: "Gone" }, { code: 500 }, "text", null].map(isExpired),
  ).toEqual([true, true, true, false, false, false]);
});
