// Repairs of unfold's controls: names for screen readers, and the keyboard. Its words come from the element's attributes.
"use strict";
{
  const words = document.currentScript.dataset;

  // The text of an icon is its name in the font, not a word to read out.
  const hideIcons = () => {
    for (const icon of document.querySelectorAll(".material-symbols-outlined")) icon.ariaHidden = "true";
  };

  // Elements that only a pointer can press become buttons. One without text gets the name.
  const makeButton = (element, name) => {
    if (element.matches("button, a[href], input, select, summary, #changelist-filter-close")) return;
    element.role = "button";
    element.tabIndex = 0;
    element.ariaHidden = null;
    if (name) element.ariaLabel = name;
    element.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      element.click();
    });
  };

  const makeButtons = () => {
    for (const element of document.querySelectorAll("[x-on\\:click]:not([role=button])")) {
      const isMenu = element.getAttribute("x-on:click").startsWith("sidebar");
      const isMore = element.getAttribute("x-ref")?.startsWith("relatedWidgetWrapper");
      makeButton(element, isMenu ? words.menu : isMore ? words.more : element.title);
    }
    for (const link of document.querySelectorAll("a[title]:has(.material-symbols-outlined)")) link.ariaLabel = link.title;
    const more = document.querySelector("[x-on\\:click^=showActions], [x-on\\:click='showActions = !showActions']");
    if (more) more.ariaLabel = words.more;
    const search = document.getElementById("searchbar-submit");
    if (search) search.ariaLabel = words.search;
  };

  // select2 names its fields after the chosen value. They get the label too.
  const nameSelects = () => {
    for (const select of document.querySelectorAll("select.select2-hidden-accessible")) {
      const label = select.labels[0]?.textContent.replace("*", "").trim() || select.ariaLabel || select.dataset.placeholder || words.choose;
      const field = select.nextElementSibling?.querySelector(".select2-selection");
      if (!field || field.dataset.label) continue;
      field.dataset.label = label;
      const shown = field.querySelector(".select2-selection__rendered");
      shown.removeAttribute("role");
      shown.removeAttribute("aria-readonly");
      field.removeAttribute("aria-labelledby");
      const say = () => { field.ariaLabel = [label, shown.title || shown.textContent.trim()].filter(Boolean).join(": "); };
      say();
      new MutationObserver(say).observe(shown, { childList: true, attributes: true, attributeFilter: ["title"] });
      field.querySelector(".select2-search__field")?.setAttribute("aria-label", label);
      django.jQuery(select).on("select2:open", () => {
        document.querySelector(".select2-container--open .select2-dropdown .select2-search__field")?.setAttribute("aria-label", label);
      });
    }
  };

  // Two regions with scroll bars have the same name otherwise.
  const nameRegions = () => {
    const title = document.querySelector("h1")?.innerText.trim();
    for (const region of document.querySelectorAll("main .simplebar-content-wrapper")) region.ariaLabel = title;
    for (const region of document.querySelectorAll("nav .simplebar-content-wrapper")) region.ariaLabel = words.menu;
  };

  // Django puts the hints of its boxes of rights on elements that may have no name.
  const nameHints = () => {
    for (const hint of document.querySelectorAll(".selector .help-tooltip[aria-label]")) hint.role = "img";
  };

  // The scroll bars move the page into elements of their own, and what moves loses the focus.
  const giveFocusBack = () => {
    if (document.activeElement === document.body) document.querySelector("[autofocus]")?.focus();
  };

  // Where cells are below each other, their labels begin with a capital letter, as those of forms do.
  const capitalizeLabels = () => {
    for (const { dataset } of document.querySelectorAll("#content :is(td, th)[data-label]:not(.import-rows *)")) {
      dataset.label = dataset.label.charAt(0).toLocaleUpperCase() + dataset.label.slice(1);
    }
  };

  const repair = () => { capitalizeLabels(); hideIcons(); makeButtons(); nameSelects(); nameRegions(); nameHints(); };
  window.addEventListener("load", repair);
  window.addEventListener("load", giveFocusBack);
  window.django?.jQuery?.(nameSelects); // select2 may start after the page is loaded
  document.addEventListener("formset:added", () => setTimeout(repair));
  document.addEventListener("htmx:afterSettle", hideIcons);
}
