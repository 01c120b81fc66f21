// A picture taken out of the page: into the clipboard, into a folder, or by being dragged there.

import { address, gone, reached, refusal, spoken } from "../asking.js";
import { t } from "../languages.js";

const REFUSED = "This browser did not let the picture into the clipboard. Download it instead.";
const INSECURE = "Browsers copy pictures only from this machine itself or from a page with https. Download it instead.";

export const nameOf = (picture) => picture.id.split("/")[1];
export const fileOf = (picture) => address(`pictures/${picture.id}`);

// The picture's own PNG as a file.
export async function fetched(picture) {
  const answer = await reached(fetch(fileOf(picture)));
  if (!answer.ok) throw new Error(t("This picture is no longer there."));
  return new File([await answer.blob()], nameOf(picture), { type: "image/png" });
}

// Raises an error whose message says why it is not there.
export async function copy(picture, { clipboard } = navigator, Item = globalThis.ClipboardItem) {
  if (!clipboard?.write || !Item) throw new Error(t(INSECURE));
  const file = fetched(picture);
  try {
    // The promise itself: some browsers take nothing that comes after the press.
    await clipboard.write([new Item({ "image/png": file })]);
  } catch {
    await file; // that it is gone says more
    throw new Error(t(REFUSED));
  }
}

// The picture in another form, as the studio makes it.
export async function formed(visitor, picture, form) {
  const body = JSON.stringify({ visitor, picture: picture.id, form });
  const headers = { "Content-Type": "application/json", ...spoken() };
  const answer = await reached(fetch(address("actions/file"), { method: "POST", headers, body }));
  if (!answer.ok) throw await refusal(answer);
  const [, name] = answer.headers.get("Content-Disposition")?.match(/filename\*=UTF-8''(.+)$/) ?? [];
  if (!name) throw gone();
  return { blob: await answer.blob(), name: decodeURIComponent(name) };
}

// What a picture says when it is dragged: to a folder its file under its name, to a page its address.
export function carry(transfer, picture) {
  const url = String(fileOf(picture));
  transfer.effectAllowed = "copy";
  transfer.setData("DownloadURL", `image/png:${nameOf(picture)}:${url}`);
  transfer.setData("text/uri-list", url);
  transfer.setData("text/plain", url);
}
