// Asking the studio for sweeps.

import { address as under, post } from "../asking.js";
import { following } from "../following.js";

export const ask = (name, body) => post(`sweeps/ask/${name}`, body);

export const picture = (id) => String(under(`sweeps/pictures/${id}.png`));
export const file = (id, name) => String(under(`sweeps/drawn/${id}/${name}`));

// Follow a sweep; the rest as in following.js.
export const follow = (fields, told) => following((version) => ask("look", { ...fields(), seen: version }), told);
