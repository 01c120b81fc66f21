// Asking first, before what cannot be taken back.

import { find } from "../ui.js";

// Returns a function: (question, does) that calls does() once somebody says yes.
export const warning = (dialog) => (question, does) => {
  find("p", dialog).textContent = question;
  find(".lb-yes", dialog).onclick = () => {
    dialog.close();
    does();
  };
  find(".lb-close", dialog).onclick = () => dialog.close();
  dialog.showModal();
  find(".lb-close", dialog).focus();
};
