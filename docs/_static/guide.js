/* A formula that is wider than the screen scrolls: let the keyboard reach it. */
for (const formula of document.querySelectorAll(".math-block")) {
  if (formula.scrollWidth > formula.clientWidth) {
    formula.tabIndex = 0;
    formula.setAttribute("role", "group");
    formula.setAttribute("aria-label", "formula, scrolls sideways");
  }
}

/* The arrows that unfold a section in the sidebar: say which one. */
for (const arrow of document.querySelectorAll(".bd-sidebar-primary summary")) {
  const section = arrow.closest("li").querySelector("a").textContent.trim();
  arrow.setAttribute("aria-label", `Pages of: ${section}`);
}

/* The tags above the gallery are plain boxes: make them buttons that work by keyboard. */
function makeTagsButtons() {
  const tags = document.querySelectorAll(".sphx-glr-tag, #sphx-glr-tag-clear");
  const showState = () => {
    for (const tag of tags) tag.setAttribute("aria-pressed", tag.classList.contains("active"));
  };
  for (const tag of tags) {
    tag.setAttribute("role", "button");
    tag.tabIndex = 0;
    tag.addEventListener("click", showState);
    tag.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      tag.click();
    });
  }
  showState();
}
document.addEventListener("DOMContentLoaded", makeTagsButtons);

/* The theme searches when a key goes up. A paste by mouse or by finger has no key. */
const searchField = document.querySelector("#pst-search-dialog input[name=q]");
searchField.addEventListener("input", () => searchField.dispatchEvent(new KeyboardEvent("keyup")));
