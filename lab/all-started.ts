/** Where one fails, the others are waited for before that is told: what is still starting when all are stopped would be left behind. */
export async function allStarted<T>(starts: readonly Promise<T>[]): Promise<readonly T[]> {
  await Promise.allSettled(starts);
  return Promise.all(starts);
}
