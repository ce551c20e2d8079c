/**
 * Dials as any application would, and prints what it hears: `node intercepted-client.ts tcp|udp HOST PORT SAY`. On TCP it waits for the
 * server's first words, says its own, and ends when it hears them back; with a COUNT behind, so many times at once, and prints how many did.
 */
import { createSocket } from "node:dgram";
import { connect } from "node:net";

const [kind = "", host = "", port = "", say = "", count = "1"] = process.argv.slice(2);

if (kind === "udp") {
  const socket = createSocket(host.includes(":") ? "udp6" : "udp4");
  // Connected: an answer from anywhere else is not heard.
  socket.connect(Number(port), host, () => socket.send(say));
  socket.on("message", (bytes) => {
    process.stdout.write(bytes);
    socket.close();
  });
} else {
  const heard = await Promise.all(Array.from({ length: Number(count) }, () => talk()));
  const whole = heard.filter((text) => text.endsWith(say));
  process.stdout.write(count === "1" ? (heard[0] ?? "") : String(whole.length));
  process.exitCode = whole.length === heard.length ? 0 : 1;
}

function talk(): Promise<string> {
  return new Promise((resolve) => {
    let heard = "";
    const socket = connect(Number(port), host);
    socket.setEncoding("utf8").on("data", (text: string) => {
      // Only when the server has spoken.
      if (heard === "") socket.write(say);
      heard += text;
      if (heard.endsWith(say)) socket.end();
    });
    socket.on("error", ({ message }) => process.stderr.write(`${message}\n`));
    socket.on("close", () => resolve(heard));
  });
}
