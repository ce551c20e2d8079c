import { expect, test } from "vitest";
import { livePod } from "../../../test/builders/live-cluster.ts";
import { leaveOut } from "./leave-out.ts";

const pods = ["amf-0", "amf-1", "amf-2", "smf-0"].map((name) => livePod(name));
const leftAfter = (...workloads: readonly string[]) => leaveOut(pods, new Set(workloads)).map(({ name }) => name);

test("every second pod of a crowded workload stays, rounded down, and everybody of the others", () => {
  expect(leftAfter("core/amf")).toEqual(["amf-1", "smf-0"]);
  expect(leftAfter("core/smf")).toEqual(["amf-0", "amf-1", "amf-2"]);
  expect(leftAfter("core/amf", "core/smf")).toEqual(["amf-1"]);
  expect(leftAfter()).toHaveLength(4);
});
