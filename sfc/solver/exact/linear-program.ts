/** A linear program in columns, and what a library answers to it. */

export interface LinearProgram {
  readonly columnCount: number;
  readonly rowCount: number;
  /** Every column is at least 0. Column c has the entries `starts[c]` to `starts[c + 1] - 1`, each row at most once. */
  readonly starts: Int32Array;
  /** By entry. */
  readonly rows: Int32Array;
  readonly values: Float64Array;
  /** By row: what the sum over its entries must come to at least (-Infinity is any) and at most. */
  readonly lowers: Float64Array;
  readonly uppers: Float64Array;
}

/** What is to be as small as possible: the sum over columns of cost * value. */
export interface ProgramGoal {
  readonly costs: Float64Array;
  /** Of the last column. */
  readonly lastMax: number;
}

export type ProgramSolution =
  | {
      readonly kind: "solved";
      readonly objective: number;
      /** By column. */
      readonly values: Float64Array;
      /** By row: by how much the objective would fall if the row's bound gave way by 1, without sign; 0 where it does not bind. */
      readonly prices: Float64Array;
    }
  | { readonly kind: "unsolved"; readonly reason: string };

/** Finds the least of each goal, one after the other: what was found for one is where the next begins, if the library can. */
export type Minimise = (goal: ProgramGoal) => ProgramSolution;

/** A library, as far as it is used here. What it holds for the program is given back when `use` ends. */
export type ProgramLibrary = <T>(program: LinearProgram, use: (minimise: Minimise) => T) => T;
