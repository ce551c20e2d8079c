import { describe, expect, test } from "vitest";
import { z } from "zod";
import { jsonPatchType, noContent, ok, problem } from "./problem-details.ts";
import { sbiRoute } from "./sbi-route.ts";
import { createSbiRouter } from "./sbi-router.ts";

const router = createSbiRouter([
  sbiRoute({
    method: "POST",
    template: "/svc/v1/things/{thingId}/act",
    operation: "Act",
    body: z.looseObject({
      count: z.int().max(9),
      name: z.string(),
      inner: z.looseObject({ flag: z.boolean() }).optional(),
    }),
    handle: ({ params, body }) => ok({ thing: params.thingId, count: body.count }),
  }),
  sbiRoute({
    method: "GET",
    template: "/svc/v1/things/{thingId}",
    operation: "Get",
    query: z.looseObject({ a: z.string() }),
    handle: ({ query }) => ok(query),
  }),
  sbiRoute({ method: "DELETE", template: "/svc/v1/things/{thingId}", operation: "Delete", handle: () => noContent }),
  sbiRoute({
    method: "PATCH",
    template: "/svc/v1/things/{thingId}",
    operation: "Patch",
    contentType: jsonPatchType,
    body: z.array(z.unknown()),
    handle: () => noContent,
  }),
]);

const act = { method: "POST", path: "/svc/v1/things/a%2Fb/act", contentType: "application/json; charset=utf-8" };

describe("a request", () => {
  const cases = [
    {
      name: "is answered by its route",
      request: { ...act, body: '{"count":1,"name":"x","more":0}' },
      reply: { status: 200, body: { thing: "a/b", count: 1 } },
    },
    {
      name: "has its query",
      request: { method: "GET", path: "/svc/v1/things/1?a=b%20c", body: "" },
      reply: { body: { a: "b c" } },
    },
    {
      name: "to nowhere finds no resource",
      request: { method: "GET", path: "/svc/v2/things/1", body: "" },
      reply: { status: 404, body: { cause: "RESOURCE_URI_STRUCTURE_NOT_FOUND" } },
    },
    {
      name: "with an empty parameter finds no resource",
      request: { method: "GET", path: "/svc/v1/things/?a=1", body: "" },
      reply: { status: 404 },
    },
    {
      name: "with a broken escape finds no resource",
      request: { method: "GET", path: "/svc/v1/things/%zz", body: "" },
      reply: { status: 404 },
    },
    {
      name: "by another method is told which are allowed",
      request: { method: "PUT", path: "/svc/v1/things/1", body: "" },
      reply: { status: 405, headers: { allow: "GET, DELETE, PATCH" } },
    },
    {
      name: "in another format is refused",
      request: { ...act, contentType: "text/plain", body: "{}" },
      reply: { status: 415 },
    },
    {
      name: "without a format is refused",
      request: { ...act, contentType: undefined, body: "{}" },
      reply: { status: 415 },
    },
    {
      name: "to patch must be a patch",
      request: { method: "PATCH", path: "/svc/v1/things/1", contentType: "application/json", body: "[]" },
      reply: { status: 415 },
    },
    {
      name: "that is not JSON is refused",
      request: { ...act, body: "{" },
      reply: { status: 400, body: { cause: "INVALID_MSG_FORMAT" } },
    },
    {
      name: "without a member names it",
      request: { ...act, body: '{"count":1}' },
      reply: { status: 400, body: { cause: "MANDATORY_IE_MISSING", invalidParams: [{ param: "/name" }] } },
    },
    {
      name: "with a wrong member names it",
      request: { ...act, body: '{"count":10,"name":"x"}' },
      reply: { status: 400, body: { cause: "MANDATORY_IE_INCORRECT", invalidParams: [{ param: "/count" }] } },
    },
    {
      name: "with a wrong inner member names its path",
      request: { ...act, body: '{"count":1,"name":"x","inner":{"flag":1}}' },
      reply: { body: { invalidParams: [{ param: "/inner/flag" }] } },
    },
    {
      name: "without a query parameter names it",
      request: { method: "GET", path: "/svc/v1/things/1", body: "" },
      reply: { status: 400, body: { cause: "MANDATORY_QUERY_PARAM_MISSING", invalidParams: [{ param: "a" }] } },
    },
  ];
  test.each(cases)("$name", async ({ request, reply }) => {
    expect(await router.route({ contentType: undefined, ...request }).reply).toMatchObject(reply);
  });

  test("tells its operation", () => {
    expect(router.route({ ...act, body: "{}" }).operation).toBe("Act");
    expect(router.route({ ...act, method: "TRACE", body: "" }).operation).toBeUndefined();
  });
});

test("a problem has its title, cause and status", () => {
  expect(problem(404, "USER_NOT_FOUND", "nobody")).toEqual({
    status: 404,
    headers: { "content-type": "application/problem+json" },
    body: { title: "Not Found", status: 404, detail: "nobody", cause: "USER_NOT_FOUND" },
  });
});
