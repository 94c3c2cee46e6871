// The embedded data: an index, read at once, and chunks, read when a conversation of theirs is looked at.

async function unpacked(id) {
  const packed = document.getElementById(id).textContent;
  let bytes;
  if (Uint8Array.fromBase64) {
    bytes = Uint8Array.fromBase64(packed);
  } else {
    const binary = atob(packed);
    bytes = new Uint8Array(binary.length);
    for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  }
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return JSON.parse(await new Response(stream).text());
}

const KEPT_CHUNKS = 12;
const chunks = new Map();

// The messages of conversation `i`.
async function messagesOf(data, i) {
  const number = data.k[i];
  if (!chunks.has(number)) {
    chunks.set(number, unpacked(`chunk-${number}`));
    if (chunks.size > KEPT_CHUNKS) chunks.delete(chunks.keys().next().value);
  }
  return (await chunks.get(number))[i - data.first[number]];
}

async function loaded() {
  const data = await unpacked("index");
  // Conversations of a chunk follow each other: the place in it is the distance from its first.
  data.first = [];
  for (let i = data.k.length - 1; i >= 0; i--) data.first[data.k[i]] = i;
  data.perSession = new Map();
  for (const session of data.s) data.perSession.set(session, (data.perSession.get(session) || 0) + 1);
  return data;
}
