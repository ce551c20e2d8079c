/** What passed on the sockets that share it since somebody looked last. */
export interface Pulse {
  hasHeard: boolean;
  hasSaid: boolean;
}
