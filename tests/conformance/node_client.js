// Plays the client of the laboratory session with the package "ws" and prints what it saw, one line each.
const WebSocket = require("ws");
const url = process.argv[2];

function dial() {
  return new Promise((resolve) => {
    const ws = new WebSocket(url, { headers: { Authorization: "Bearer " + process.env.NONCE } });
    const lines = [];
    ws.on("open", () => { lines.push("open " + ws.extensions); ws.send('{"type":"hi"}'); });
    ws.on("ping", (data) => lines.push("ping " + data));
    ws.on("message", (data, binary) => {
      lines.push((binary ? "binary " : "text ") + (binary ? data.toString("hex") : data));
      if (String(data).includes("heartbeat")) ws.send("bye");
    });
    ws.on("unexpected-response", (_, response) => {
      let body = "";
      response.on("data", (piece) => { body += piece; });
      response.on("end", () => resolve([`rejected ${response.statusCode} ${JSON.stringify(body)}`]));
    });
    ws.on("error", (error) => lines.push("error " + error.code));
    ws.on("close", (code, reason) => { lines.push(`close ${code} ${reason}`); resolve(lines); });
  });
}

(async () => {
  for (let attempt = 0; attempt < 3; attempt++) console.log((await dial()).join("\n"));
})();
