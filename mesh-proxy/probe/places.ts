/** So many at a time, and no queue. */
export class Places {
  private readonly placesMax: number;
  private takenCount = 0;

  constructor(placesMax: number) {
    this.placesMax = placesMax;
  }

  /** @returns how to leave again, once; undefined when all places are taken. */
  enter(): (() => void) | undefined {
    if (this.takenCount >= this.placesMax) return undefined;
    this.takenCount++;
    return () => {
      this.takenCount--;
    };
  }
}
