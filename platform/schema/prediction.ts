import { z } from "zod";

const double = z.number().min(0).meta({ format: "double" });

/** What the solver promises of a split. */
export const prediction = z.strictObject({
  maxUtilisation: double.describe("Largest utilisation of any link or instance; 1 is full."),
  lowerBound: double.describe(
    "No split can do better than this; the gap to maxUtilisation is the most there is to gain.",
  ),
  demandBytesPerSecond: double.describe("The demand for which the split was made."),
});

/** What is measured of a chain's traffic. */
export const measurement = z.strictObject({
  demandBytesPerSecond: double.describe("What enters the chain."),
  maxUtilisation: double.describe("Largest utilisation of any link or instance by what was measured of all chains."),
});
