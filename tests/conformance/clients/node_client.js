// Goes through the cases of conftest.py with the package "ws" and prints, as JSON, what it saw of each.
const WebSocket = require("ws");

function play(url) {
  return new Promise((resolve) => {
    const lines = [];
    const offered = url.includes("/subprotocol") ? ["other.v1", "chat.v2"] : [];
    const ws = new WebSocket(url, offered, { maxPayload: 0 });
    ws.on("open", () => { if (ws.protocol) lines.push("speaks " + ws.protocol); if (!url.includes("/speaks-first")) ws.send("hi"); });
    ws.on("message", (data, binary) => {
      lines.push(binary ? "binary " + data.toString("hex") : "text " + data);
      const text = binary ? "" : String(data);
      if (text === "bye?") ws.send("bye");
      else if (text.startsWith("close ")) ws.close(Number(text.slice(6)), "done");
    });
    ws.on("unexpected-response", (_, response) => {
      let body = "";
      response.on("data", (piece) => { body += piece; });
      response.on("end", () => {
        resolve([`rejected ${response.statusCode} ${JSON.stringify(body)} ${response.headers["retry-after"]}`]);
      });
    });
    ws.on("error", (error) => lines.push(`error ${error.code} ${error.code ? "" : error.message}`));
    ws.on("close", (code, reason) => { lines.push(`close ${code} ${reason}`); resolve(lines); });
  });
}

(async () => {
  const seen = [];
  for (const url of process.argv.slice(2)) seen.push(await play(url));
  console.log(JSON.stringify(seen));
})();
