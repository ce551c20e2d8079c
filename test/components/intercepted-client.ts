/** Dials as any application would: `node intercepted-client.ts tcp|udp HOST PORT SAY`, and prints all that it hears until the answer to what it says is whole. */
import { createSocket } from "node:dgram";
import { connect } from "node:net";

const [kind = "", host = "", port = "", say = ""] = process.argv.slice(2);
let heard = "";

if (kind === "tcp") {
  const socket = connect(Number(port), host);
  const done = (code: number) => {
    process.stdout.write(heard);
    process.exit(code);
  };
  socket.setEncoding("utf8").on("data", (text: string) => {
    // Only when the server has spoken.
    if (heard === "") socket.write(say);
    heard += text;
    if (heard.endsWith(say)) done(0);
  });
  socket.on("error", (error) => {
    process.stderr.write(`${error.message}\n`);
    done(1);
  });
  socket.on("close", () => done(1));
} else {
  const socket = createSocket(host.includes(":") ? "udp6" : "udp4");
  // Connected: an answer from anywhere else is not heard.
  socket.connect(Number(port), host, () => socket.send(say));
  socket.on("message", (bytes) => {
    process.stdout.write(bytes);
    socket.close();
  });
}
