/** Which requests, connections and sessions get a line. */
import type { Clock } from "../../core/ports/clock.ts";
import { chanceOf } from "../codec/trace-context.ts";
import type { ProxyConfig } from "../proxy-config.ts";
import type { AccessLine } from "./access-line.ts";
import { LineFile } from "./line-file.ts";

export class AccessLog {
  lineCount = 0;
  droppedCount = 0;
  /** Whether what goes wrong gets a line whatever the share is. */
  readonly takesErrors: boolean;

  private readonly share: number;
  private readonly random: () => number;
  private readonly file: LineFile;

  /** @throws WeftError config-invalid */
  constructor(
    path: string,
    config: ProxyConfig,
    { clock, random }: { readonly clock: Clock; readonly random: () => number },
  ) {
    this.share = config.accessLogShare;
    this.takesErrors = config.accessLogErrors;
    this.random = random;
    const onDropped = (lineCount: number) => {
      this.droppedCount += lineCount;
    };
    this.file = new LineFile({ path, bytesMax: config.accessLogQueueBytes, clock, onDropped });
  }

  /** Of a trace all proxies take all requests, or none, where their shares are the same. */
  takes(traceId: string | undefined): boolean {
    if (this.share >= 1) return true;
    return (traceId === undefined ? this.random() : chanceOf(traceId)) < this.share;
  }

  append(line: AccessLine): void {
    this.lineCount++;
    this.file.append(line);
  }

  close(timeoutMs: number): Promise<void> {
    return this.file.close(timeoutMs);
  }
}
