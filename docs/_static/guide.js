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
