import { expect, test } from "vitest";
import { WorkerPool } from "./rules.ts";

test("frames are worked on up to the workers, wait up to the queue, and are refused beyond it", () => {
  const pool = new WorkerPool<number>({ workers: 2, queueMax: 1 });
  expect([1, 2, 3, 4].map((frame) => pool.offer(frame))).toEqual(["working", "working", "waiting", "refused"]);
  expect(pool).toMatchObject({ busy: 2, waiting: 1 });
});

test("a worker that is done takes the frame that has waited longest", () => {
  const pool = new WorkerPool<number>({ workers: 1, queueMax: 2 });
  for (const frame of [1, 2, 3]) pool.offer(frame);
  expect([pool.finish(), pool.finish(), pool.finish()]).toEqual([2, 3, undefined]);
  expect(pool).toMatchObject({ busy: 0, waiting: 0 });
  expect(pool.offer(4)).toBe("working");
});
