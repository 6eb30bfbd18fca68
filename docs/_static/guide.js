/* A formula that is wider than the screen scrolls: let the keyboard reach it. */
for (const formula of document.querySelectorAll(".math-block")) {
  if (formula.scrollWidth > formula.clientWidth) {
    formula.tabIndex = 0;
    formula.setAttribute("role", "group");
    formula.setAttribute("aria-label", "formula, scrolls sideways");
  }
}
