/** The `weft` command. Each subcommand is a composition root, loaded only when it is asked for. */
import { Command, CommanderError } from "commander";
import { messageOf, WeftError } from "../core/model/weft-error.ts";
import { addCommands } from "./commands.ts";

/** sysexits.h: the command line or the configuration is wrong. */
const EXIT_USAGE = 64;
/** sysexits.h: something it depends on is not there. */
const EXIT_UNAVAILABLE = 69;
const EXIT_SOFTWARE = 70;

const program = new Command("weft")
  .description(
    "Places 5G network functions where their traffic is, and steers that traffic through service function chains",
  )
  .version("0.1.0")
  .exitOverride()
  .showHelpAfterError("(add --help for usage)");
await addCommands(program, process.argv[2]);

try {
  await program.parseAsync();
} catch (error) {
  // What had started before the failure, such as a watch, must not keep the process.
  process.exit(exitCodeFor(error));
}

function exitCodeFor(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_USAGE;
  process.stderr.write(`weft: ${messageOf(error)}\n`);
  if (!(error instanceof WeftError)) {
    if (error instanceof Error) process.stderr.write(`${error.stack}\n`);
    return EXIT_SOFTWARE;
  }
  return error.retryable ? EXIT_UNAVAILABLE : EXIT_USAGE;
}
