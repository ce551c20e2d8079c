import { execFileSync } from "node:child_process";
import { closeSync, constants, mkdtempSync, openSync, readFileSync, readSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createSystemClock } from "../../platform/clock/system-clock.ts";
import { waitUntil } from "../../test/tools/wait-until.ts";
import { LineFile } from "./line-file.ts";

const clock = createSystemClock();
let folder: string;
let droppedCount: number;

beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), "weft-lines-"));
  droppedCount = 0;
});
afterEach(() => rmSync(folder, { recursive: true }));

function open(file: string, bytesMax = 1_000_000): LineFile {
  const onDropped = (count: number) => {
    droppedCount += count;
  };
  return new LineFile({ path: path.join(folder, file), bytesMax, clock, onDropped });
}

function line(text: string) {
  const bytes = Buffer.from(text);
  return { bytes, length: bytes.length, tail: Buffer.from("\n") };
}

test("lines are appended whole and in order, behind what was there", async () => {
  writeFileSync(path.join(folder, "log"), "before\n");
  const file = open("log");
  const lines = Array.from({ length: 2000 }, (_, at) => `${at} ${"x".repeat(at % 200)}`);
  for (const text of lines) file.append(line(text));
  file.append(line("y".repeat(100_000)));
  await file.close(5000);
  expect(readFileSync(path.join(folder, "log"), "utf8").split("\n")).toEqual([
    "before",
    ...lines,
    "y".repeat(100_000),
    "",
  ]);
  expect(droppedCount).toBe(0);
});

test("what waits is bounded, and the rest is counted", async () => {
  const file = open("log", 100);
  for (let at = 0; at < 20; at++) file.append(line("123456789"));
  expect(droppedCount).toBe(10);
  await file.close(5000);
  file.append(line("late"));
  expect(droppedCount).toBe(11);
  expect(readFileSync(path.join(folder, "log"), "utf8")).toBe("123456789\n".repeat(10));
});

test("lines are written soon, without anybody waiting for it", async () => {
  const file = open("log");
  file.append(line("a"));
  await waitUntil(() => readFileSync(path.join(folder, "log"), "utf8") === "a\n", {
    what: "a is there",
    timeoutMs: 5000,
  });
  file.append(line("b"));
  await waitUntil(() => readFileSync(path.join(folder, "log"), "utf8") === "a\nb\n", {
    what: "b is there",
    timeoutMs: 5000,
  });
  await file.close(0);
});

test("a pipe that nobody reads costs lines, and no time at the end beyond what is given", async () => {
  execFileSync("mkfifo", [path.join(folder, "pipe")]);
  const reader = openSync(path.join(folder, "pipe"), constants.O_RDONLY | constants.O_NONBLOCK);
  const file = open("pipe", 400_000);
  for (let at = 0; at < 1000; at++) file.append(line("x".repeat(999)));
  expect(droppedCount).toBe(600);
  await file.close(300);
  // What the pipe holds is lost to nobody.
  const held = readSync(reader, Buffer.alloc(1_000_000));
  expect(held).toBeGreaterThan(0);
  expect(droppedCount).toBeGreaterThanOrEqual(1000 - Math.ceil(held / 1000));
  closeSync(reader);
});
