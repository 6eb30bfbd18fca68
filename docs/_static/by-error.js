/* The box on the page of messages: show the entries whose pattern is found in the pasted text. */
const box = document.getElementById("error-text");
const count = document.getElementById("error-count");
const list = document.getElementById("error-found");

/* A line of the list: the heading of the entry as a link to it, its cause and its fix. */
function show(entry) {
  const section = document.getElementById(entry.id);
  const link = document.createElement("a");
  link.href = `#${entry.id}`;
  for (const node of section.querySelector("h3").childNodes) {
    if (!node.classList?.contains("headerlink")) link.append(node.cloneNode(true));
  }
  const item = document.createElement("li");
  item.append(link);
  for (const words of section.querySelectorAll(":scope > .error-cause, :scope > .error-fix")) {
    item.append(words.cloneNode(true));
  }
  return item;
}

function say(found) {
  if (!box.value.trim()) return "";
  if (!found.length) return "The guide does not know this message.";
  return found.length === 1 ? "One cause is known." : `${found.length} causes are known, the likeliest first.`;
}

function answer() {
  const found = errorEntriesFor(box.value);
  list.replaceChildren(...found.map(show));
  count.textContent = say(found);
}

box.addEventListener("input", answer);

/* What is pasted anywhere but into a field is for the box. */
document.addEventListener("paste", (event) => {
  if (event.target.closest("input, textarea")) return;
  event.preventDefault();
  box.value = event.clipboardData.getData("text");
  box.focus();
  answer();
});
box.closest(".error-box").hidden = false;
