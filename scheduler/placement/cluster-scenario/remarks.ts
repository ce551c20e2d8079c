/** Remarks of one kind become one line, and lines are few: a cluster of thousands of pods has thousands of the same. */
const LINES_MAX = 40;
const SUBJECTS_MAX = 5;

export class Remarks {
  readonly #subjects: Map<string, Set<string>>;

  /** @param before remarks that were made already. */
  constructor(before?: Remarks) {
    const entries = before ? [...before.#subjects] : [];
    this.#subjects = new Map(entries.map(([remark, subjects]) => [remark, new Set(subjects)]));
  }

  /** @param subject whom it is about, such as a pod's key. */
  add(remark: string, subject: string): void {
    const subjects = this.#subjects.get(remark);
    if (subjects) subjects.add(subject);
    else this.#subjects.set(remark, new Set([subject]));
  }

  /** In the order in which each was first made. */
  lines(): string[] {
    const all = [...this.#subjects].map(([remark, subjects]) => `${remark}: ${named(subjects)}`);
    if (all.length <= LINES_MAX) return all;
    return [...all.slice(0, LINES_MAX), `and ${all.length - LINES_MAX} remarks of other kinds`];
  }
}

function named(subjects: ReadonlySet<string>): string {
  const first = [...subjects].slice(0, SUBJECTS_MAX).join(", ");
  return subjects.size > SUBJECTS_MAX ? `${first} and ${subjects.size - SUBJECTS_MAX} more` : first;
}
