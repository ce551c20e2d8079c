import { expect, it } from "vitest";
import { WeftError } from "../../core/model/weft-error.ts";
import { createLog, type LogLevel } from "./pino-log.ts";

function linesOf(level: LogLevel) {
  const lines: string[] = [];
  const log = createLog({ level, name: "scheduler", destination: { write: (line) => lines.push(line) } });
  return { log, parsed: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>) };
}

it("a log line is one JSON object with level, time, component, message and fields", () => {
  const { log, parsed } = linesOf("info");
  log.info("bound", { pod: "core/amf-0", node: "a" });
  const [line] = parsed();
  expect(line).toMatchObject({ level: "info", component: "scheduler", msg: "bound", pod: "core/amf-0", node: "a" });
  expect(new Date(String(line?.time)).toISOString()).toBe(line?.time);
});

it("a log writes nothing below its level", () => {
  const { log, parsed } = linesOf("warn");
  log.debug("a");
  log.info("b");
  log.warn("c");
  log.error("d");
  expect(parsed().map(({ msg }) => msg)).toEqual(["c", "d"]);
});

it("a silent log writes nothing", () => {
  const { log, parsed } = linesOf("silent");
  log.error("d");
  expect(parsed()).toEqual([]);
});

it("a field cannot take the place of a line's own keys", () => {
  const { log, parsed } = linesOf("info");
  log.info("true message", { msg: "x", level: "y", time: 1, component: "z" });
  expect(parsed()[0]).toMatchObject({
    msg: "true message",
    level: "info",
    component: "scheduler",
    msg_: "x",
    time_: 1,
  });
});

it("an error as a field keeps its message, stack, code and cause", () => {
  const { log, parsed } = linesOf("info");
  log.error("scrape failed", {
    error: new WeftError("telemetry-unavailable", "no answer", { cause: new Error("refused") }),
  });
  const error = parsed()[0]?.error as Record<string, unknown>;
  expect(error).toMatchObject({ type: "WeftError", code: "telemetry-unavailable" });
  expect(String(error.message)).toContain("no answer");
  expect(String(error.stack)).toContain("refused");
});
