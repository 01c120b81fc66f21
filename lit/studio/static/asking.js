// Asking the studio beside Gradio's own events; refusals are sentences.

import { language, t } from "./languages.js";

// Of all that is asked: in which language the answer is to be.
export const spoken = () => ({ "Accept-Language": language() });

export const GONE = "The studio does not answer. Is it still running?";
export const gone = () => new Refusal(t(GONE), "", true);

// A sentence, and the name of the setting that it is about, "" for none.  gone: there was no answer at all.
export class Refusal extends Error {
  constructor(sentence, field = "", gone = false) {
    super(sentence);
    Object.assign(this, { field, gone });
  }
}

// An address under the page's own, which may lie below a path.
export const address = (path) => new URL(path, document.baseURI);

export async function reached(fetching) {
  try {
    return await fetching;
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw gone();
  }
}

export async function refusal(answer) {
  const { error, field } = await answer.json().catch(() => ({}));
  return error ? new Refusal(error, field) : gone();
}

// What is answered to an object, or to a file sent as it is.  more: headers.
export async function post(path, body, signal, more = {}) {
  const file = body instanceof Blob;
  const headers = { "Content-Type": file ? body.type : "application/json", ...spoken(), ...more };
  const how = { method: "POST", headers, body: file ? body : JSON.stringify(body), signal };
  const answer = await reached(fetch(address(path), how));
  if (!answer.ok) throw await refusal(answer);
  return answer.json();
}
