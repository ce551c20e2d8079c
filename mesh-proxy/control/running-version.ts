/** The newest snapshot whose listeners are open, and who waits for it. */
export class RunningVersion {
  private version = -1;
  private readonly waiting = new Set<() => void>();

  reached(version: number): void {
    this.version = Math.max(this.version, version);
    for (const call of this.waiting) call();
  }

  /** Resolves when a version of at least `version` was reached. */
  wait(version: number): Promise<void> {
    return new Promise((resolve) => {
      const check = () => {
        if (this.version < version) return;
        this.waiting.delete(check);
        resolve();
      };
      this.waiting.add(check);
      check();
    });
  }
}
