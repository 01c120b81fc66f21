// Asking the studio for the library.

import { gone, spoken } from "../asking.js";

// under the page's own address, which may lie below a path
export const address = (path) => new URL(`library/${path}`, document.baseURI);

// A function that asks by name; refusals arrive as errors that are sentences.  visitor(): who asks.
export const asking = (visitor) => async (name, request = {}) => (await sent(`ask/${name}`, { visitor: visitor(), ...request })).json();

// The named pictures as a file: kind "zip" or "json".
export const exported = async (visitor, pictures, kind) => (await sent("export", { visitor: visitor(), pictures, kind })).blob();

// What a PNG says: { source, said, values, ours }.
export async function inspected(file) {
  const headers = { "Content-Type": "image/png", ...spoken() };
  return (await answered(fetch(address("inspect"), { method: "POST", headers, body: file }))).json();
}

function sent(path, fields) {
  const headers = { "Content-Type": "application/json", ...spoken() };
  return answered(fetch(address(path), { method: "POST", headers, body: JSON.stringify(fields) }));
}

async function answered(asking) {
  const answer = await asking.catch(() => Promise.reject(gone()));
  if (answer.headers.get("Content-Type")?.startsWith("application/json")) {
    const { error } = await answer.clone().json();
    if (error) throw new Error(error);
  }
  if (!answer.ok) throw gone();
  return answer;
}
