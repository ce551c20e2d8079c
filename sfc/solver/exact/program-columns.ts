/** A program as it grows: rows first, then one column after the other. */
import type { LinearProgram } from "./linear-program.ts";

export class ProgramColumns {
  readonly #lowers: number[] = [];
  readonly #uppers: number[] = [];
  readonly #starts: number[] = [];
  readonly #rows: number[] = [];
  readonly #values: number[] = [];
  readonly #costs: number[] = [];

  /** Columns begun. */
  get count(): number {
    return this.#starts.length;
  }

  /** Answers the index of the first of them. */
  addRows(count: number, lower: number, upper: number): number {
    const first = this.#lowers.length;
    for (let row = 0; row < count; row += 1) {
      this.#lowers.push(lower);
      this.#uppers.push(upper);
    }
    return first;
  }

  /** `cost`: what the second goal counts for it. */
  begin(cost: number): void {
    this.#starts.push(this.#rows.length);
    this.#costs.push(cost);
  }

  /** To the column that was begun last; each row once. */
  add(row: number, value: number): void {
    if (value === 0) return;
    this.#rows.push(row);
    this.#values.push(value);
  }

  get costs(): Float64Array {
    return Float64Array.from(this.#costs);
  }

  program(): LinearProgram {
    return {
      columnCount: this.count,
      rowCount: this.#lowers.length,
      starts: Int32Array.from([...this.#starts, this.#rows.length]),
      rows: Int32Array.from(this.#rows),
      values: Float64Array.from(this.#values),
      lowers: Float64Array.from(this.#lowers),
      uppers: Float64Array.from(this.#uppers),
    };
  }
}
