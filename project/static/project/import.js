// Shows how far the import of a CSV file is, while the page waits for its answer.
const form = document.querySelector("form[data-progress]");

function show(isWaiting) {
  form.querySelector(".import-progress").hidden = !isWaiting;
  form.querySelector("[type=submit]").disabled = isWaiting;
}

async function report() {
  try {
    const response = await fetch(form.dataset.progress);
    if (!response.ok) return;
    const { percent } = await response.json();
    form.querySelector("progress").value = percent;
    form.querySelector("output").textContent = `${percent} %`;
  } catch {
    // The next report follows.
  }
}

form?.addEventListener("submit", () => {
  setTimeout(show, 0, true); // after the form is sent
  setInterval(report, 500);
});
// A page that the browser restores from its history is not waiting.
window.addEventListener("pageshow", (event) => event.persisted && form && location.reload());
