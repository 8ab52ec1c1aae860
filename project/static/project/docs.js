// Gives what Swagger UI and Redoc draw the names, landmarks and heading levels that they leave out.
const ATTRIBUTES = {
  ".information-container": { role: "region", "aria-label": "About this API" },
  ".scheme-container": { role: "region", "aria-label": "Credentials" },
  ".filter-container": { role: "search", "aria-label": "Operations" },
  "section.models": { "aria-label": "Schemas" },
  "section.models h4": { "aria-level": "2" },
  ".operation-filter-input": { "aria-label": "Filter by tag" },
  ".model-box-control": { "aria-label": "Show or hide the fields" },
  ".parameters-col_description select": { "aria-label": "Value" },
  "textarea.body-param__text": { "aria-label": "Request body" },
  "h3.opblock-tag": { "aria-level": "2" },
  ".opblock h4": { "aria-level": "3" },
  ".opblock h5": { "aria-level": "4" },
  ".api-content": { id: "operations", tabindex: "-1" },
  ".api-content [id*='/operation/'] h2": { "aria-level": "3" },
  ".api-content :is(h3, h5)": { "aria-level": "4" },
};

function complete() {
  for (const [selector, attributes] of Object.entries(ATTRIBUTES)) {
    for (const element of document.querySelectorAll(selector)) {
      for (const [name, value] of Object.entries(attributes)) {
        if (element.getAttribute(name) !== value) element.setAttribute(name, value);
      }
    }
  }
}

new MutationObserver(complete).observe(document.body, { childList: true, subtree: true });
