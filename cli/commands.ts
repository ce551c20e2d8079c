/** The subcommands, in the order in which `weft --help` lists them. */
import type { Command } from "commander";

export type RegisterCommand = (program: Command) => void;

export const commands: readonly RegisterCommand[] = [];
