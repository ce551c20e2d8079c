/**
 * Disjoint sets of cells, such as the cells of each node that are not empty. Adding, removing and reading the i-th cost O(1)
 * and allocate nothing; the order is any.
 */
export class CellSets {
  /** Of set g, from #start[g]. */
  readonly #cells: Int32Array;
  readonly #start: Int32Array;
  readonly #counts: Int32Array;
  /** Where a cell stands in #cells. */
  readonly #at: Int32Array;

  /** @param sizesMax most cells of each set. */
  constructor(sizesMax: ArrayLike<number>, cellCount: number) {
    this.#start = new Int32Array(sizesMax.length + 1);
    for (let set = 0; set < sizesMax.length; set++)
      this.#start[set + 1] = (this.#start[set] as number) + (sizesMax[set] as number);
    this.#cells = new Int32Array(this.#start[sizesMax.length] as number);
    this.#counts = new Int32Array(sizesMax.length);
    this.#at = new Int32Array(cellCount);
  }

  sizeOf(set: number): number {
    return this.#counts[set] as number;
  }

  /** @param index below the set's size. */
  cellAt(set: number, index: number): number {
    return this.#cells[(this.#start[set] as number) + index] as number;
  }

  /** @param cell in no set. */
  add(set: number, cell: number): void {
    const at = (this.#start[set] as number) + (this.#counts[set] as number);
    this.#cells[at] = cell;
    this.#at[cell] = at;
    this.#counts[set] = (this.#counts[set] as number) + 1;
  }

  /** The last of the set takes its place. @param cell in this set. */
  remove(set: number, cell: number): void {
    const count = (this.#counts[set] as number) - 1;
    const last = this.#cells[(this.#start[set] as number) + count] as number;
    const at = this.#at[cell] as number;
    this.#cells[at] = last;
    this.#at[last] = at;
    this.#counts[set] = count;
  }
}
