/** What somebody wrote, as an error repeats it. */
export function shortened(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80)}...` : text;
}
