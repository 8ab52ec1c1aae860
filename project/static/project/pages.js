"use strict";

{
  const PATIENCE = 20_000; // milliseconds
  const STALE = [403, 404]; // the form's token was renewed meanwhile, or what it is about was deleted
  let sent = new WeakMap(); // when each form was, which is not answered yet

  function untell() {
    document.querySelector(".trouble")?.remove();
  }

  function tell() {
    untell();
    const trouble = document.getElementById("trouble");
    trouble.after(trouble.content.cloneNode(true));
    document.querySelector(".trouble").scrollIntoView({ block: "center" });
  }

  function sendOnce(event) {
    const form = event.target;
    if (form.method !== "post") return;
    if (Date.now() - sent.get(form) < PATIENCE) {
      event.preventDefault();
      event.stopImmediatePropagation();
    } else sent.set(form, Date.now());
  }

  document.addEventListener("submit", sendOnce, { capture: true }); // before htmx hears of it
  addEventListener("pageshow", () => {
    sent = new WeakMap(); // the way back leads to the page as it was left
  });
  document.addEventListener("htmx:configRequest", (event) => {
    event.detail.timeout = PATIENCE;
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    sent.delete(event.detail.elt);
    if (event.detail.successful) untell();
  });
  document.addEventListener("htmx:responseError", (event) => {
    if (STALE.includes(event.detail.xhr.status)) location.reload();
    else tell();
  });
  for (const name of ["htmx:sendError", "htmx:timeout"]) document.addEventListener(name, tell);
}
