/** Takes a copy of what passes in one direction, and never holds it up. */
export interface CopySink {
  /** `bytes[from, to)`, valid until the call returns. */
  copy(bytes: Buffer, from: number, to: number): void;
  /** The direction ended in order. */
  end(): void;
}

/** A copy of one message. */
export interface RequestCopy extends CopySink {
  /** It will not be whole. */
  drop(): void;
}

export function toAll(sinks: readonly CopySink[]): CopySink | undefined {
  if (sinks.length < 2) return sinks[0];
  return {
    copy: (bytes, from, to) => {
      for (const sink of sinks) sink.copy(bytes, from, to);
    },
    end: () => {
      for (const sink of sinks) sink.end();
    },
  };
}

export function copyWhole(sink: CopySink | undefined, bytes: Buffer): void {
  sink?.copy(bytes, 0, bytes.length);
}
