// Asks a Redis by its inline protocol, which needs no client.
import { connect } from "node:net";

/** The line that a command is answered; the place is a port of this machine, or a socket's path. */
export function redisLine(place, command) {
  return new Promise((resolve, reject) => {
    const options = typeof place === "number" ? { port: place, host: "localhost" } : { path: place };
    const socket = connect(options, () => socket.write(`${command}\r\n`));
    socket.on("error", reject).on("data", (data) => {
      resolve(data.toString().trim());
      socket.destroy();
    });
  });
}
