import type { Occupancy } from "../balance/occupancy.ts";

/** The room at an endpoint that one connection takes up from the beginning of its dial; on HTTP/1.1 also that of the request it is opened for. */
export class DialledPlace {
  private readonly occupancy: Occupancy;
  private readonly key: string;
  private hasRequest: boolean;

  constructor(occupancy: Occupancy, key: string, hasRequest: boolean) {
    this.occupancy = occupancy;
    this.key = key;
    this.hasRequest = hasRequest;
    occupancy.connectionBegan(key);
    if (hasRequest) occupancy.requestBegan(key);
  }

  /** The caller sees to the request's end from now on. */
  takeRequest(): void {
    this.hasRequest = false;
  }

  /** Call once, when the connection is closed or has not come about. */
  readonly leave = (): void => {
    this.occupancy.connectionEnded(this.key);
    if (this.hasRequest) this.occupancy.requestEnded(this.key);
    this.hasRequest = false;
  };
}
