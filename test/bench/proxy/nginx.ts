/** nginx with its stream module, out of Debian's packages and without installing them: an installed one would start to serve. */
import { mkdirSync, readdirSync } from "node:fs";
import path from "node:path";
import { runCommand } from "../../tools/run-command.ts";

export interface Nginx {
  readonly program: string;
  readonly streamModule: string;
}

/** @throws Error with what apt or dpkg says */
export async function unpackNginx(folder: string): Promise<Nginx> {
  const [archives, root] = [path.join(folder, "archives"), path.join(folder, "nginx")];
  mkdirSync(archives);
  await run("apt-get", ["download", "-q", "nginx", "libnginx-mod-stream"], archives);
  for (const archive of readdirSync(archives).filter((file) => file.endsWith(".deb")))
    await run("dpkg-deb", ["-x", path.join(archives, archive), root], archives);
  return {
    program: path.join(root, "usr/sbin/nginx"),
    streamModule: path.join(root, "usr/lib/nginx/modules/ngx_stream_module.so"),
  };
}

async function run(program: string, args: readonly string[], cwd: string): Promise<void> {
  const result = await runCommand(program, args, { timeoutMs: 120_000, cwd });
  if (result.kind === "failed") throw new Error(result.reason);
}
