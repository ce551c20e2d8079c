/** The place of one worker: when its process dies another one takes it, after a while that grows while they die young. */
import type { ChildProcess } from "node:child_process";
import type { Clock } from "../../core/ports/clock.ts";
import type { Log } from "../../core/ports/log.ts";
import type { AdminAnswer, AdminQuestion, FromWorker, ToWorker } from "./worker-messages.ts";

export interface WorkerSlotOptions {
  readonly index: number;
  readonly clock: Clock;
  readonly log: Log;
  /** Starts a process that runs {@link runWorker} and has a channel to this one. */
  readonly fork: (index: number) => ChildProcess;
  /** A process listens, the first or another. */
  readonly onListening: (slot: WorkerSlot) => void;
}

const RESTART_MS_FIRST = 100;
const RESTART_MS_MAX = 10_000;
/** Who lives longer died of something else than its start. */
const YOUNG_MS = 60_000;
const ASK_MS_MAX = 35_000;
/** Beyond its drain, until it is killed. */
const STOP_MS_MAX = 5000;

type Answered = (answer: AdminAnswer | undefined) => void;

export class WorkerSlot {
  readonly index: number;
  restartCount = 0;
  isListening = false;

  private readonly options: WorkerSlotOptions;
  private readonly asked = new Map<number, Answered>();
  private child: ChildProcess | undefined;
  private askedCount = 0;
  private youngDeaths = 0;
  private isStopping = false;
  private cancelRestart = () => {};
  private stopped: (cut: readonly string[]) => void = () => {};

  constructor(options: WorkerSlotOptions) {
    this.options = options;
    this.index = options.index;
  }

  get pid(): number | undefined {
    return this.child?.pid;
  }

  /** Resolves when the first process listens; rejects with the reason when it cannot. */
  start(): Promise<void> {
    return new Promise((resolve, reject) => this.launch(resolve, reject));
  }

  tell(message: ToWorker): void {
    // One that is about to die takes no more; its exit says so.
    if (this.child?.connected === true) this.child.send(message, () => {});
  }

  /** Undefined when there is no answer: the process died, or takes too long. */
  ask(question: AdminQuestion): Promise<AdminAnswer | undefined> {
    if (!this.isListening) return Promise.resolve(undefined);
    const id = ++this.askedCount;
    return new Promise((resolve) => {
      const answered: Answered = (answer) => {
        cancel();
        this.asked.delete(id);
        resolve(answer);
      };
      const cancel = this.options.clock.after(ASK_MS_MAX, () => answered(undefined));
      this.asked.set(id, answered);
      this.tell({ kind: "ask", id, question });
    });
  }

  /** @returns the flows that were cut. */
  stop(drainMs: number): Promise<readonly string[]> {
    this.isStopping = true;
    this.cancelRestart();
    const { child } = this;
    if (child === undefined) return Promise.resolve([]);
    return new Promise((resolve) => {
      const cancel = this.options.clock.after(drainMs + STOP_MS_MAX, () => child.kill("SIGKILL"));
      let cutFlows: readonly string[] = [];
      this.stopped = (cut) => {
        cutFlows = cut;
      };
      child.once("exit", () => {
        cancel();
        resolve(cutFlows);
      });
      this.tell({ kind: "stop", drainMs });
    });
  }

  private launch(onListening: () => void, onFailed: (error: Error) => void): void {
    const { index, clock, fork } = this.options;
    const child = fork(index);
    const startMs = clock.nowMs();
    let reason: string | undefined;
    this.child = child;
    const over = (how: string) => {
      this.exited(clock.nowMs() - startMs, reason ?? how);
      onFailed(new Error(reason ?? `worker ${index} ended before it listened`));
    };
    child.on("error", (error) => {
      reason ??= error.message;
      // One that could not be started has no exit.
      if (child.pid === undefined) over(reason);
    });
    child.on("message", (message: FromWorker) => {
      if (message.kind === "failed") ({ reason } = message);
      else if (message.kind === "listening") {
        this.isListening = true;
        onListening();
        this.options.onListening(this);
      } else this.take(message);
    });
    child.once("exit", (code, signal) => over(`ended by ${signal ?? `exit code ${code}`}`));
  }

  private take(message: Extract<FromWorker, { kind: "answer" | "stopped" }>): void {
    if (message.kind === "stopped") this.stopped(message.cut);
    else this.asked.get(message.id)?.(message.answer);
  }

  private exited(lifeMs: number, reason: string): void {
    const { clock, log, index } = this.options;
    const hadListened = this.isListening;
    this.isListening = false;
    this.child = undefined;
    for (const answered of [...this.asked.values()]) answered(undefined);
    // The first start is for whoever waits for it to judge.
    if (this.isStopping || (!hadListened && this.restartCount === 0)) return;
    this.youngDeaths = lifeMs < YOUNG_MS ? this.youngDeaths + 1 : 0;
    const delayMs = Math.min(RESTART_MS_MAX, RESTART_MS_FIRST * 2 ** Math.min(this.youngDeaths, 16));
    log.error("a worker died; another takes its place", { worker: index, reason, delayMs });
    this.cancelRestart = clock.after(delayMs, () => {
      this.restartCount++;
      this.launch(
        () => {},
        () => {},
      );
    });
  }
}
