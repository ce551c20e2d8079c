import { type OutlierDetector, worstAbove } from "./outlier-detector.ts";

/** So many failures in a row, whatever others do. */
export function consecutive5xx(errorsMax: number): OutlierDetector {
  return {
    name: "consecutive-5xx",
    outliers: (windows) => worstAbove(windows, errorsMax - 1, ({ failuresInRow }) => failuresInRow),
  };
}

export function consecutiveGatewayErrors(errorsMax: number): OutlierDetector {
  return {
    name: "consecutive-gateway-errors",
    outliers: (windows) => worstAbove(windows, errorsMax - 1, ({ gatewayErrorsInRow }) => gatewayErrorsInRow),
  };
}
