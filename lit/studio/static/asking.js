// Asking the studio beside Gradio's own events; refusals are sentences.

export const GONE = "The studio does not answer. Is it still running?";

// A sentence, and the name of the setting that it is about, "" for none.
export class Refusal extends Error {
  constructor(sentence, field = "") {
    super(sentence);
    this.field = field;
  }
}

// An address under the page's own, which may lie below a path.
export const address = (path) => new URL(path, document.baseURI);

export async function reached(fetching) {
  try {
    return await fetching;
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refusal(GONE);
  }
}

export async function refusal(answer) {
  const { error, field } = await answer.json().catch(() => ({ error: GONE }));
  return new Refusal(error, field);
}

// What is answered to an object, or to a file sent as it is.  more: headers.
export async function post(path, body, signal, more = {}) {
  const file = body instanceof Blob;
  const headers = { "Content-Type": file ? body.type : "application/json", ...more };
  const how = { method: "POST", headers, body: file ? body : JSON.stringify(body), signal };
  const answer = await reached(fetch(address(path), how));
  if (!answer.ok) throw await refusal(answer);
  return answer.json();
}
