"use strict";

{
  const PATIENCE = 20_000; // milliseconds
  const STALE = [403, 404]; // the form's token was renewed meanwhile, or what it is about was deleted

  function untell() {
    document.querySelector(".trouble")?.remove();
  }

  function tell() {
    untell();
    const trouble = document.getElementById("trouble");
    trouble.after(trouble.content.cloneNode(true));
    document.querySelector(".trouble").scrollIntoView({ block: "center" });
  }

  document.addEventListener("htmx:configRequest", (event) => {
    event.detail.timeout = PATIENCE;
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.successful) untell();
  });
  document.addEventListener("htmx:responseError", (event) => {
    if (STALE.includes(event.detail.xhr.status)) location.reload();
    else tell();
  });
  for (const name of ["htmx:sendError", "htmx:timeout"]) document.addEventListener(name, tell);
}
