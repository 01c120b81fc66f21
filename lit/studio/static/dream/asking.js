// Asking the studio for dreams.

import { address as under, post } from "../asking.js";
import { following } from "../following.js";

export const ask = (name, body) => post(`dreams/ask/${name}`, body);

export const PREPARED = "prepared"; // the dream that ships

// id: a dream's name and the number of a frame, such as "prepared/0".
export const picture = (id) => String(under(`dreams/pictures/${id}.webp`));
export const file = (id, ending, milliseconds) => String(under(`dreams/drawn/${id}/loop.${ending}?ms=${milliseconds}`));

// Follow a dream; the rest as in following.js.
export const follow = (fields, told) => following((version) => ask("look", { ...fields(), seen: version }), told);
