"use strict";

{
  const REQUEST_TIMEOUT_MS = 20_000;
  const STALE_PAGE_STATUSES = [403, 404]; // the CSRF token has changed, or the object was deleted
  let sentAt = new WeakMap(); // the time at which each form without a response yet was sent

  function hideError() {
    document.querySelector(".request-failed")?.remove();
  }

  function showError() {
    hideError();
    const template = document.getElementById("request-failed");
    template.after(template.content.cloneNode(true));
    document.querySelector(".request-failed").scrollIntoView({ block: "center" });
  }

  function sendOnce(event) {
    const form = event.target;
    if (form.method !== "post") return;
    if (Date.now() - sentAt.get(form) < REQUEST_TIMEOUT_MS) {
      event.preventDefault();
      event.stopImmediatePropagation();
    } else sentAt.set(form, Date.now());
  }

  for (const button of document.querySelectorAll("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => print());
  }
  document.addEventListener("submit", sendOnce, { capture: true }); // before htmx handles the event
  addEventListener("pageshow", () => {
    sentAt = new WeakMap(); // the browser's back button restores the page with its state
  });
  document.addEventListener("htmx:configRequest", (event) => {
    event.detail.timeout = REQUEST_TIMEOUT_MS;
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    sentAt.delete(event.detail.elt);
    if (event.detail.successful) hideError();
  });
  document.addEventListener("htmx:responseError", (event) => {
    if (STALE_PAGE_STATUSES.includes(event.detail.xhr.status)) location.reload();
    else showError();
  });
  for (const name of ["htmx:sendError", "htmx:timeout"]) document.addEventListener(name, showError);
}
