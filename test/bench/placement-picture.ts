/** A curve of gained affinity against moves, as SVG. */
import type { CurvePoint } from "../../scheduler/plan/plan-answer.ts";

const [WIDTH, HEIGHT, MARGIN] = [640, 360, 48];

export function movesPicture(curve: readonly CurvePoint[]): string {
  const most = Math.max(1, ...curve.map(({ moves }) => moves));
  // By the root, so that the first moves, which buy most, have room.
  const x = (moves: number) => MARGIN + (WIDTH - 2 * MARGIN) * Math.sqrt(moves / most);
  const y = (gained: number) => HEIGHT - MARGIN - (HEIGHT - 2 * MARGIN) * gained;
  const points = curve.map(({ moves, gainedAffinity }) => `${x(moves).toFixed(1)},${y(gainedAffinity).toFixed(1)}`);
  const marks = curve.map(({ moves, gainedAffinity }) => {
    const [cx, cy] = [x(moves).toFixed(1), y(gainedAffinity)];
    return [
      `<circle cx="${cx}" cy="${cy.toFixed(1)}" r="4" fill="#1664a7"/>`,
      `<text x="${cx}" y="${(cy - 10).toFixed(1)}">${gainedAffinity.toFixed(3)}</text>`,
      `<text x="${cx}" y="${HEIGHT - MARGIN + 18}">${moves}</text>`,
    ].join("\n");
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12" text-anchor="middle">`,
    "<title>Gained affinity by moves allowed</title>",
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    `<path d="M${MARGIN} ${MARGIN / 2}V${HEIGHT - MARGIN}H${WIDTH - MARGIN}" fill="none" stroke="#888"/>`,
    `<text x="${MARGIN}" y="16" text-anchor="start">gained affinity</text>`,
    `<text x="${WIDTH / 2}" y="${HEIGHT - 8}">moves allowed</text>`,
    `<polyline points="${points.join(" ")}" fill="none" stroke="#1664a7" stroke-width="2"/>`,
    ...marks,
    "</svg>",
    "",
  ].join("\n");
}
